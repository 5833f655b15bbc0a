"""A memory network that learns end to end, begun without softmax (Sukhbaatar 2015).

Sukhbaatar, Szlam, Weston, Fergus 2015, arXiv 1503.08895, section 4, table 1, column "PE LS".

Expected: paper, 16.3% mean error on 1,000 training questions a task, 12 tasks failed (10,000 questions: 7.2%, 4).

    ./scripts/reproduce babi/memn2n_pe_ls            # on simulated stories: nothing to download
    ./scripts/prepare_data babi                      # the official ones, then
    ./scripts/reproduce babi/memn2n_pe_ls:official   # the first 1,000 questions of the 10k files
    ./scripts/reproduce babi/memn2n_pe_ls:transfer   # learnt on simulated stories, tested on the official
"""

from configs.babi import LINEAR_START, MEMN2N, SINGLE, VARIANTS, column
from deepx.engine.config import variants

PAPER = {
    "benchmark": "babi/memn2n_pe_ls",
    **SINGLE,
    **LINEAR_START,
    "model": MEMN2N,
    "reported": column(16.3, 12, 'table 1, "PE LS", 1k'),
}

get_config = variants(paper=PAPER, **VARIANTS)
