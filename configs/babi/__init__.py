"""What the experiments of Sukhbaatar, Szlam, Weston, Fergus (2015, arXiv 1503.08895, section 4, table 1) share."""

import configs

DATA = {
    "tasks": tuple(range(1, 21)),
    "train": "official",  # or "simulated"
    "test": "official",
    "language": "en",  # the official files' folder
    "questions": 1000,  # of each task to learn from, and
    "held_out": 0.1,  # of these, for validation
    "test_questions": 1000,  # of simulated stories
    "fill_gaps": False,  # simulate the training stories of tasks whose official file is not there
}

MEMN2N = {
    "name": "memn2n",
    "dimensions": 20,
    "hops": 3,
    "tying": "adjacent",
    "position": True,  # position encoding; else a bag of words
    "nonlinear": False,
    "noise": 0.0,  # rate of empty memories in training
}

MEMNN = {  # to which a config adds who tells the supports, and how many hops there are
    "name": "memnn",
    "embedding": 100,
    "ngrams": 3,
    "buckets": 1024,
    "nonlinear": True,
    "time": True,
    "response": "ranker",  # or "lstm"
    "margin": 1.0,
    "negatives": 5,
}

SGD = {
    "name": "sgd",
    "learning_rate": 0.01,
    "halve_every": 25,  # epochs
    "weight_decay": 0.0,  # of adamw
    "clip": 40.0,  # of the norm of the gradient of a batch's sum
}

RUN = configs.RUN | {  # 100 epochs of 28 steps
    "replicas": 10,
    "steps": 2800,
    "steps_per_call": 28,
    "log_every": 28,
    "eval_every": 280,
    "checkpoint_every": 280,
}

JOINT_RUN = RUN | {  # 60 epochs of 562 steps, after 30 of linear start
    "steps": 50_580,
    "steps_per_call": 562,
    "log_every": 562,
    "eval_every": 2810,
    "checkpoint_every": 2810,
}

SINGLE = {  # what all experiments with one network a task share
    "cost": "ten minutes on 2 cores: 20 tasks, ten restarts of each",
    "data": DATA,
    "memories": 50,
    "joint": False,
    "linear_start": {"epochs": 0, "patience": 0},
    "optimizer": SGD,
    "batch_size": 32,
    "evaluation": {"batch_size": 500},
    "run": RUN,
}

LINEAR_START = {  # 20 epochs without softmax before the 100, and half the rate
    "linear_start": {"epochs": 20, "patience": 10},
    "optimizer": SGD | {"learning_rate": 0.005},
    "run": RUN | {"steps": 3360},
}

SUPPORTED = SINGLE | {  # what those share that learn from supporting sentences (Weston 2014), told or guessed
    "cost": "half an hour on 2 cores: 20 tasks",
    "memories": 320,
    "optimizer": SGD | {"name": "adamw", "learning_rate": 0.01, "weight_decay": 0.05, "clip": 160.0},
    "evaluation": {"batch_size": 100},
    "run": RUN | {"replicas": 1, "steps": 4480},
}

JOINT = SINGLE | {  # what those with one network for all tasks share
    "cost": "an estimated 40 minutes on 2 cores: ten restarts",
    "joint": True,
    "linear_start": {"epochs": 30, "patience": 10},
    "optimizer": SGD | {"learning_rate": 0.005, "halve_every": 15},
    "run": JOINT_RUN,
}

SIMULATED = {"data.train": "simulated", "data.test": "simulated"}
OFFICIAL = {"data.language": "en-10k", "data.fill_gaps": True}  # the first thousand questions of the larger files
TRANSFER = OFFICIAL | {"data.train": "simulated"}

SMOKE = SIMULATED | {
    "cost": "seconds",
    "data.tasks": (15,),
    "data.questions": 80,
    "data.test_questions": 40,
    "memories": 8,
    "run.replicas": 1,
    "run.steps": 8,
    "run.steps_per_call": 2,
    "run.log_every": 2,
    "run.eval_every": 4,
    "run.checkpoint_every": 4,
}

VARIANTS = {"cpu": SIMULATED, "official": OFFICIAL, "transfer": TRANSFER, "smoke": SMOKE}

SUPPORTED_VARIANTS = VARIANTS | {"smoke": SMOKE | {"model.embedding": 8, "model.buckets": 16}}

FEW = {"cost": "10 to 15 minutes on 2 cores: three restarts", "run.replicas": 3}

JOINT_VARIANTS = {
    "cpu": SIMULATED | FEW,
    "official": OFFICIAL | FEW,
    "transfer": TRANSFER,
    "smoke": SMOKE | {"data.tasks": (1, 15)},
}


def column(mean: float, failed: int, source: str) -> dict:
    """A column of the paper's table: mean error in percent, and tasks whose error is above 5%."""
    return _quoted({"error/mean": mean, "failed_tasks": failed}, source)


def by_task(errors: tuple[float, ...], source: str) -> dict:
    """The paper's errors on tasks 1 to 20, in percent."""
    return _quoted({f"error/qa{task}": error for task, error in enumerate(errors, start=1)}, source)


def _quoted(values: dict[str, float], source: str) -> dict:
    return {metric: configs.reported(value, source, "V2", better="lower") for metric, value in values.items()}
