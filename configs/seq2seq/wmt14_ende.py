"""English to German of WMT'14 by four layers of LSTM cells that read the source backwards (after Sutskever 2014).

Sutskever, Vinyals, Le 2014, arXiv 1409.3215, have English to French only: their network and optimiser, other data.

    ./scripts/prepare_data wmt14_translate/de-en
    ./scripts/reproduce seq2seq/wmt14_ende:paper
    ./scripts/reproduce seq2seq/wmt14_ende                     # cpu: short sentences, a small network
    ./scripts/reproduce seq2seq/wmt14_ende --config.data.name=files --config.data.train=a.en,a.de
"""

from configs.seq2seq import RUN, SMOKE, WMT14, WMT14_CPU
from deepx.engine.config import variants

PAPER = {
    "benchmark": "seq2seq/wmt14_ende",
    **WMT14,
    "cost": "a week on a GPU",
    "data": WMT14["data"] | {"target": "de", "pairs": 4_508_785},
    "run": RUN | {"steps": 264_190, "eval_every": 10_000},  # 7.5 epochs
}

get_config = variants(
    paper=PAPER,
    cpu=WMT14_CPU,
    attention=WMT14_CPU | {"model.name": "attention"},
    smoke=SMOKE,
)
