"""A memory network that learns end to end, with noise in time (Sukhbaatar 2015).

Sukhbaatar, Szlam, Weston, Fergus 2015, arXiv 1503.08895, section 4, table 1, column "PE LS RN".

Expected: paper, 13.9% mean error on 1,000 training questions a task, 11 tasks failed (10,000 questions: 6.6%, 4).

    ./scripts/reproduce babi/memn2n_pe_ls_rn            # on simulated stories: nothing to download
    ./scripts/prepare_data babi                         # the official ones, then
    ./scripts/reproduce babi/memn2n_pe_ls_rn:official   # the first 1,000 questions of the 10k files
    ./scripts/reproduce babi/memn2n_pe_ls_rn:transfer   # learnt on simulated stories, tested on the official
"""

from configs.babi import LINEAR_START, MEMN2N, SINGLE, VARIANTS, column
from deepx.engine.config import variants

PAPER = {
    "benchmark": "babi/memn2n_pe_ls_rn",
    **SINGLE,
    **LINEAR_START,
    "model": MEMN2N | {"noise": 0.1},
    "reported": column(13.9, 11, 'table 1, "PE LS RN", 1k'),
}

get_config = variants(paper=PAPER, **VARIANTS)
