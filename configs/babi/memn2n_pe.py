"""A memory network that learns end to end, words weighted by position (Sukhbaatar 2015).

Sukhbaatar, Szlam, Weston, Fergus 2015, arXiv 1503.08895, section 4, table 1, column "PE".

Expected: paper, 20.3% mean error on 1,000 training questions a task, 13 tasks failed (10,000 questions: 9.4%, 6).

    ./scripts/reproduce babi/memn2n_pe            # on simulated stories: nothing to download
    ./scripts/prepare_data babi                   # the official ones, then
    ./scripts/reproduce babi/memn2n_pe:official   # the first 1,000 questions of the 10k files
    ./scripts/reproduce babi/memn2n_pe:transfer   # learnt on simulated stories, tested on the official
"""

from configs.babi import MEMN2N, SINGLE, VARIANTS, column
from deepx.engine.config import variants

PAPER = {
    "benchmark": "babi/memn2n_pe",
    **SINGLE,
    "model": MEMN2N,
    "reported": column(20.3, 13, 'table 1, "PE", 1k'),
}

get_config = variants(paper=PAPER, **VARIANTS)
