"""One memory network for all tasks, its hops alike (Sukhbaatar 2015).

Sukhbaatar, Szlam, Weston, Fergus 2015, arXiv 1503.08895, section 4, table 1, column "3 hops PE LS LW joint".

Expected: paper, 15.2% mean error on 1,000 training questions a task, 10 tasks failed (10,000 questions: 11.0%, 6).

    ./scripts/reproduce babi/memn2n_layerwise            # on simulated stories: nothing to download
    ./scripts/prepare_data babi                          # the official ones, then
    ./scripts/reproduce babi/memn2n_layerwise:official   # the first 1,000 questions of the 10k files
"""

from configs.babi import JOINT, JOINT_VARIANTS, MEMN2N, column
from deepx.engine.config import variants

PAPER = {
    "benchmark": "babi/memn2n_layerwise",
    **JOINT,
    "model": MEMN2N | {"dimensions": 50, "tying": "layerwise"},
    "reported": column(15.2, 10, 'table 1, "3 hops PE LS LW joint", 1k'),
}

get_config = variants(paper=PAPER, **JOINT_VARIANTS)
