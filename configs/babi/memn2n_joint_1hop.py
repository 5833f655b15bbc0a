"""One memory network for all tasks, one hop (Sukhbaatar 2015).

Sukhbaatar, Szlam, Weston, Fergus 2015, arXiv 1503.08895, section 4, table 1, column "1 hop PE LS joint".

Expected: paper, 25.8% mean error on 1,000 training questions a task, 17 tasks failed (10,000 questions: 24.5%, 16).

    ./scripts/reproduce babi/memn2n_joint_1hop            # on simulated stories: nothing to download
    ./scripts/prepare_data babi                           # the official ones, then
    ./scripts/reproduce babi/memn2n_joint_1hop:official   # the first 1,000 questions of the 10k files
"""

from configs.babi import JOINT, JOINT_VARIANTS, MEMN2N, column
from deepx.engine.config import variants

PAPER = {
    "benchmark": "babi/memn2n_joint_1hop",
    **JOINT,
    "model": MEMN2N | {"dimensions": 50, "hops": 1},
    "reported": column(25.8, 17, 'table 1, "1 hop PE LS joint", 1k'),
}

get_config = variants(paper=PAPER, **JOINT_VARIANTS)
