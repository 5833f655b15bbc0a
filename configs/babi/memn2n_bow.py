"""A memory network that learns end to end, its sentences bags of words (Sukhbaatar 2015).

Sukhbaatar, Szlam, Weston, Fergus 2015, arXiv 1503.08895, section 4, table 1, column "BoW".

Expected: paper, 25.1% mean error on 1,000 training questions a task, 15 tasks failed (10,000 questions: 15.4%, 9).

    ./scripts/reproduce babi/memn2n_bow            # on simulated stories: nothing to download
    ./scripts/prepare_data babi                    # the official ones, then
    ./scripts/reproduce babi/memn2n_bow:official   # the first 1,000 questions of the 10k files
    ./scripts/reproduce babi/memn2n_bow:transfer   # learnt on simulated stories, tested on the official
"""

from configs.babi import MEMN2N, SINGLE, VARIANTS, column
from deepx.engine.config import variants

PAPER = {
    "benchmark": "babi/memn2n_bow",
    **SINGLE,
    "model": MEMN2N | {"position": False},
    "reported": column(25.1, 15, 'table 1, "BoW", 1k'),
}

get_config = variants(paper=PAPER, **VARIANTS)
