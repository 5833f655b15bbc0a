"""A memory network whose supports are guessed by a heuristic (Weston 2014, Sukhbaatar 2015).

Weston, Chopra, Bordes 2014, arXiv 1410.3916; Weston et al. 2015, arXiv 1502.05698; column "MemNN WSH" of table 1 in
Sukhbaatar et al. 2015, arXiv 1503.08895.

Expected: paper, 40.2% mean error on 1,000 training questions a task, 18 tasks failed (10,000 questions: 39.2%, 17);
official, 39.8%, 19 failed.

    ./scripts/reproduce babi/memnn_weak            # on simulated stories: nothing to download
    ./scripts/prepare_data babi                    # the official ones, then
    ./scripts/reproduce babi/memnn_weak:official   # the first 1,000 questions of the 10k files
"""

from configs.babi import MEMNN, SUPPORTED, SUPPORTED_VARIANTS, column
from deepx.engine.config import variants

PAPER = {
    "benchmark": "babi/memnn_weak",
    **SUPPORTED,
    "model": MEMNN | {"supervision": "weak", "hops": 2, "adaptive": False},
    "reported": column(40.2, 18, 'table 1, "MemNN WSH", 1k'),
}

get_config = variants(paper=PAPER, **SUPPORTED_VARIANTS)
