"""One memory network for all tasks, three hops and noise in time (Sukhbaatar 2015).

Sukhbaatar, Szlam, Weston, Fergus 2015, arXiv 1503.08895, section 4, table 1, column "3 hops PE LS RN joint".

Expected: paper, 12.4% mean error on 1,000 training questions a task, 11 tasks failed (10,000 questions: 7.5%, 6);
official, three restarts, 12.4%, 10 failed.

    ./scripts/reproduce babi/memn2n_joint_3hop_rn            # on simulated stories: nothing to download
    ./scripts/prepare_data babi                              # the official ones, then
    ./scripts/reproduce babi/memn2n_joint_3hop_rn:official   # the first 1,000 questions of the 10k files
"""

from configs.babi import JOINT, JOINT_VARIANTS, MEMN2N, by_task, column
from deepx.engine.config import variants

PAPER = {
    "benchmark": "babi/memn2n_joint_3hop_rn",
    **JOINT,
    "model": MEMN2N | {"dimensions": 50, "noise": 0.1},
    "reported": column(12.4, 11, 'table 1, "3 hops PE LS RN joint", 1k')
    | by_task(
        (0, 11.4, 21.9, 13.4, 14.4, 2.8, 18.3, 9.3, 1.9, 6.5, 0.3, 0.1, 0.2, 6.9, 0, 2.7, 40.4, 9.4, 88, 0), "table 1"
    ),
}

get_config = variants(paper=PAPER, **JOINT_VARIANTS)
