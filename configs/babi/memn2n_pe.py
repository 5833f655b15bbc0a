"""A memory network that learns end to end, words weighted by position (Sukhbaatar 2015).

Sukhbaatar, Szlam, Weston, Fergus 2015, arXiv 1503.08895, section 4, table 1, column "PE".

Expected: paper, 20.3% mean error on 1,000 training questions a task, 13 tasks failed (10,000 questions: 9.4%, 6).

    ./scripts/reproduce babi/memn2n_pe                # on simulated stories: nothing to download
    ./scripts/prepare_data babi                                # the official ones, then
    ./scripts/reproduce babi/memn2n_pe:official       # the first 1,000 questions of the 10k files
    ./scripts/reproduce babi/memn2n_pe:transfer       # learnt on simulated stories, tested on the official
"""

from configs.babi import DATA, MEMN2N, RUN, SGD, VARIANTS, reported
from deepx.engine.config import variants

PAPER = {
    "benchmark": "babi/memn2n_pe",
    "cost": "ten minutes on 2 cores: 20 tasks, ten restarts of each",
    "data": DATA,
    "memories": 50,
    "model": MEMN2N,
    "joint": False,
    "linear_start": {"epochs": 0, "patience": 0},
    "optimizer": SGD,
    "batch_size": 32,
    "evaluation": {"batch_size": 500},
    "run": RUN,
    "reported": reported(20.3, 13, 'table 1, "PE", 1k'),
}

get_config = variants(paper=PAPER, **VARIANTS)
