"""One memory network for all tasks, its hops alike (Sukhbaatar 2015).

Sukhbaatar, Szlam, Weston, Fergus 2015, arXiv 1503.08895, section 4, table 1, column "3 hops PE LS LW joint".

Expected: paper, 15.2% mean error on 1,000 training questions a task, 10 tasks failed (10,000 questions: 11.0%, 6).

    ./scripts/reproduce babi/memn2n_layerwise                # on simulated stories: nothing to download
    ./scripts/prepare_data babi                                # the official ones, then
    ./scripts/reproduce babi/memn2n_layerwise:official       # the first 1,000 questions of the 10k files
"""

from configs.babi import DATA, JOINT_RUN, JOINT_SMOKE, MEMN2N, OFFICIAL, SGD, SIMULATED, TRANSFER, reported
from deepx.engine.config import variants

PAPER = {
    "benchmark": "babi/memn2n_layerwise",
    "cost": "an hour and more on 2 cores: ten restarts",
    "data": DATA,
    "memories": 50,
    "model": MEMN2N | {"dimensions": 50, "tying": "layerwise"},
    "joint": True,
    "linear_start": {"epochs": 30, "patience": 10},
    "optimizer": SGD | {"learning_rate": 0.005, "halve_every": 15},
    "batch_size": 32,
    "evaluation": {"batch_size": 500},
    "run": JOINT_RUN,
    "reported": reported(15.2, 10, 'table 1, "3 hops PE LS LW joint", 1k'),
}

CPU = SIMULATED | {"run.replicas": 3}

get_config = variants(
    paper=PAPER,
    cpu=CPU,
    official=OFFICIAL | CPU | {"data.train": "official", "data.test": "official"},
    transfer=TRANSFER,
    smoke=JOINT_SMOKE,
)
