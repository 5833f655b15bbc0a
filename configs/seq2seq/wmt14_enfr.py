"""English to French of WMT'14 by four layers of LSTM cells that read the source backwards (Sutskever 2014).

Sutskever, Vinyals, Le 2014, arXiv 1409.3215, table 1: "single reversed LSTM, beam size 12". The paper's BLEU is of
tokenised text (multi-bleu.pl), ours of whole text (sacrebleu), which are not the same. The paper trains on a selection
of 12 million pairs, TFDS has all 40.8 million: `paper` takes the first 12 million.

Expected: paper, 30.59 BLEU on newstest2014 (read forward: 26.17), perplexity 4.7 (5.8).

    ./scripts/prepare_data wmt14_translate/fr-en
    ./scripts/reproduce seq2seq/wmt14_enfr:paper
    ./scripts/reproduce seq2seq/wmt14_enfr:paper_forward
    ./scripts/reproduce seq2seq/wmt14_enfr                     # cpu: short sentences, a small network
    ./scripts/reproduce seq2seq/wmt14_enfr --config.data.name=files --config.data.train=a.en,a.fr
"""

from configs import reported
from configs.seq2seq import SMOKE, WMT14, WMT14_CPU
from deepx.engine.config import variants

PAPER = {
    "benchmark": "seq2seq/wmt14_enfr",
    **WMT14,
    "cost": "weeks on a GPU (ten days on eight of 2014)",
    "reported": {
        "bleu/newstest2014": reported(30.59, "table 1, single reversed LSTM, beam 12, tokenised BLEU", "V"),
        "test_perplexity": reported(4.7, "section 3.3", "V", better="lower"),
    },
}

get_config = variants(
    paper=PAPER,
    paper_forward={"model.reverse": False},
    cpu=WMT14_CPU,
    attention=WMT14_CPU | {"model.name": "attention"},
    smoke=SMOKE,
)
