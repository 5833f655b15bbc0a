"""ResNet-20 on CIFAR-10 (He 2015).

He, Zhang, Ren, Sun 2015, arXiv 1512.03385, section 4.2, table 6.

Expected: paper, 8.75% test error after 64k steps; cpu, a shortened schedule, see RESULTS.md.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar10_resnet20              # cpu
    ./scripts/reproduce resnet/cifar10_resnet20:paper
"""

from deepx.engine.config import variants

PAPER = {
    "benchmark": "resnet/cifar10_resnet20",
    "cost": "an hour on a GPU; two days on 2 cores",
    "data": {"name": "cifar10", "held_out": 5000, "memory": "device"},
    "model": {"depth": 20, "classes": 10},
    "optimizer": {
        "schedule": "steps",
        "learning_rate": 0.1,
        "boundaries": (32_000, 48_000),
        "schedule_steps": 0,  # in which 'linear' rises and falls to 0
        "warmup": 0,
        "momentum": 0.9,
        "weight_decay": 1e-4,
    },
    "batch_size": 128,
    "evaluation": {"batch_size": 500},
    "run": {
        "seed": 0,
        "replicas": 1,
        "steps": 64_000,
        "steps_per_call": 40,
        "log_every": 400,
        "eval_every": 2000,
        "checkpoint_every": 2000,
        "keep": 2,
        "select": "last",
    },
    "reported": {
        "test_error": {"value": 8.75, "tolerance": 0.0, "better": "lower", "source": "table 6", "confidence": "V"},
    },
}

CPU = {
    "cost": "an estimated 10 minutes on 2 cores; 30 without a C++ compiler",
    "optimizer.schedule": "linear",
    "optimizer.schedule_steps": 6400,
    "optimizer.warmup": 1000,
    "optimizer.weight_decay": 5e-4,
    "batch_size": 64,
    "run.steps": 6400,
    "run.steps_per_call": 1,  # a scan over convolutions is slow on a CPU (deepx/engine/program.py)
    "run.log_every": 80,
    "run.eval_every": 640,
    "run.checkpoint_every": 160,
}

SMOKE = {
    "cost": "seconds, on generated images",
    "data.name": "generated",
    "data.held_out": 32,
    "model.depth": 8,
    "batch_size": 16,
    "evaluation.batch_size": 24,
    "run.steps": 12,
    "run.steps_per_call": 1,
    "run.log_every": 3,
    "run.eval_every": 6,
    "run.checkpoint_every": 3,
}

get_config = variants(paper=PAPER, cpu=CPU, smoke=SMOKE)
