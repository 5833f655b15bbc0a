"""One memory network for all tasks, two hops (Sukhbaatar 2015).

Sukhbaatar, Szlam, Weston, Fergus 2015, arXiv 1503.08895, section 4, table 1, column "2 hops PE LS joint".

Expected: paper, 15.6% mean error on 1,000 training questions a task, 11 tasks failed (10,000 questions: 10.9%, 7).

    ./scripts/reproduce babi/memn2n_joint_2hop                # on simulated stories: nothing to download
    ./scripts/prepare_data babi                                # the official ones, then
    ./scripts/reproduce babi/memn2n_joint_2hop:official       # the first 1,000 questions of the 10k files
"""

from configs.babi import DATA, JOINT_RUN, JOINT_SMOKE, MEMN2N, OFFICIAL, SGD, SIMULATED, TRANSFER, reported
from deepx.engine.config import variants

PAPER = {
    "benchmark": "babi/memn2n_joint_2hop",
    "cost": "an hour and more on 2 cores: ten restarts",
    "data": DATA,
    "memories": 50,
    "model": MEMN2N | {"dimensions": 50, "hops": 2},
    "joint": True,
    "linear_start": {"epochs": 30, "patience": 10},
    "optimizer": SGD | {"learning_rate": 0.005, "halve_every": 15},
    "batch_size": 32,
    "evaluation": {"batch_size": 500},
    "run": JOINT_RUN,
    "reported": reported(15.6, 11, 'table 1, "2 hops PE LS joint", 1k'),
}

CPU = SIMULATED | {"run.replicas": 3}

get_config = variants(
    paper=PAPER,
    cpu=CPU,
    official=OFFICIAL | CPU | {"data.train": "official", "data.test": "official"},
    transfer=TRANSFER,
    smoke=JOINT_SMOKE,
)
