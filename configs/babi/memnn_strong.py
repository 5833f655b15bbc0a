"""A memory network that learns from the supporting sentences (Weston 2014).

Weston, Chopra, Bordes 2014, arXiv 1410.3916; Weston et al. 2015, arXiv 1502.05698; column "MemNN strong" of table 1 in
Sukhbaatar et al. 2015, arXiv 1503.08895.

Expected: paper, 6.7% mean error on 1,000 training questions a task, 4 tasks failed (10,000 questions: 3.2%, 2);
official, 5.9%, 4 tasks failed.

    ./scripts/reproduce babi/memnn_strong            # on simulated stories: nothing to download
    ./scripts/prepare_data babi                      # the official ones, then
    ./scripts/reproduce babi/memnn_strong:official   # the first 1,000 questions of the 10k files
"""

from configs.babi import MEMNN, SUPPORTED, SUPPORTED_VARIANTS, by_task, column
from deepx.engine.config import variants

PAPER = {
    "benchmark": "babi/memnn_strong",
    **SUPPORTED,
    # hops: at most, until the memory wins that ends them
    "model": MEMNN | {"supervision": "strong", "hops": 10, "adaptive": True},
    "reported": column(6.7, 4, 'table 1, "MemNN strong", 1k')
    | by_task((0, 0, 0, 0, 2, 0, 15, 9, 0, 2, 0, 0, 0, 1, 0, 0, 35, 5, 64, 0), "table 3 of Weston et al. 2015"),
}

get_config = variants(paper=PAPER, **SUPPORTED_VARIANTS)
