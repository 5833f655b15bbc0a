"""One memory network for all tasks, two hops (Sukhbaatar 2015).

Sukhbaatar, Szlam, Weston, Fergus 2015, arXiv 1503.08895, section 4, table 1, column "2 hops PE LS joint".

Expected: paper, 15.6% mean error on 1,000 training questions a task, 11 tasks failed (10,000 questions: 10.9%, 7).

    ./scripts/reproduce babi/memn2n_joint_2hop            # on simulated stories: nothing to download
    ./scripts/prepare_data babi                           # the official ones, then
    ./scripts/reproduce babi/memn2n_joint_2hop:official   # the first 1,000 questions of the 10k files
"""

from configs.babi import JOINT, JOINT_VARIANTS, MEMN2N, column
from deepx.engine.config import variants

PAPER = {
    "benchmark": "babi/memn2n_joint_2hop",
    **JOINT,
    "model": MEMN2N | {"dimensions": 50, "hops": 2},
    "reported": column(15.6, 11, 'table 1, "2 hops PE LS joint", 1k'),
}

get_config = variants(paper=PAPER, **JOINT_VARIANTS)
