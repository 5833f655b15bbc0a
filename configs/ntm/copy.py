"""A neural Turing machine learns to copy (Graves 2014).

Graves, Wayne, Danihelka 2014, arXiv 1410.5401, section 4.1, figures 3-6, table 2.

Expected: paper, near 0 bits a sequence at lengths up to 20 within 100-200 thousand sequences, and copies on at 30, 50
and 120; cpu, under 0.1 bits a sequence at length 20 in every seed.

    ./scripts/reproduce ntm/copy                             # cpu: five seeds together
    ./scripts/reproduce ntm/copy:paper
"""

from ml_collections.config_dict import placeholder

from deepx.engine.config import variants

PAPER = {
    "benchmark": "ntm/copy",
    "cost": "two hours on 2 cores: a million sequences, one a step",
    "task": {"name": "copy", "bits": 8, "min_length": 1, "max_length": 20},
    "model": {
        "controller_size": 100,
        "memory_slots": 128,
        "slot_width": 20,
        "read_heads": 1,
        "write_heads": 1,
        "shift_range": 1,
        "initial_memory": placeholder(float),  # None: learned
    },
    "optimizer": {
        "name": "rmsprop",
        "learning_rate": 1e-4,
        "schedule": "constant",
        "schedule_steps": 0,  # in which 'cosine' falls to 0
        "momentum": 0.9,
        "decay": 0.95,
        "clip": 10.0,
    },
    "batch_size": 1,
    "evaluation": {"lengths": (10, 20, 30, 50, 120), "sequences": 1000, "batch_size": 50, "watched_length": 20},
    "run": {
        "seed": 0,
        "replicas": 1,
        "steps": 1_000_000,
        "steps_per_call": 100,
        "log_every": 1000,
        "eval_every": 10_000,
        "checkpoint_every": 10_000,
        "keep": 2,
        "select": "last",
    },
    "reported": {
        "bits_per_sequence/len20": {
            "value": 0.0,
            "tolerance": 0.1,
            "better": "lower",
            "source": "figure 3, read off",
            "confidence": "M",
        },
    },
}

CPU = {
    "cost": "4 minutes on 2 cores",
    # Adam at a rate that falls to zero, gradients clipped by their norm: every seed converges, within minutes.
    "optimizer.name": "adam",
    "optimizer.learning_rate": 8e-3,
    "optimizer.schedule": "cosine",
    "optimizer.schedule_steps": 1600,
    "optimizer.decay": 0.99,
    "optimizer.clip": 1.0,
    "model.initial_memory": 1e-6,
    "batch_size": 16,
    "run.replicas": 5,
    "run.steps": 1600,
    "run.steps_per_call": 10,
    "run.log_every": 40,
    "run.eval_every": 200,
    "run.checkpoint_every": 200,
}

SMOKE = {
    "cost": "seconds",
    "task.max_length": 4,
    "model.controller_size": 8,
    "model.memory_slots": 8,
    "model.slot_width": 5,
    "optimizer.name": "adam",
    "optimizer.learning_rate": 1e-3,
    "batch_size": 8,
    "evaluation.lengths": (4, 6),
    "evaluation.sequences": 32,
    "evaluation.batch_size": 16,
    "evaluation.watched_length": 4,
    "run.steps": 40,
    "run.steps_per_call": 10,
    "run.log_every": 10,
    "run.eval_every": 20,
    "run.checkpoint_every": 10,
}

get_config = variants(paper=PAPER, cpu=CPU, smoke=SMOKE)
