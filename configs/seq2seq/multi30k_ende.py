"""English to German of captions (Multi30k), by LSTMs, without attention and with it.

The model is that of Sutskever, Vinyals, Le 2014 (arXiv 1409.3215); with the source's summary before every step, that of
Cho et al. 2014 (arXiv 1406.1078); with attention, that of Luong, Pham, Manning 2015 (arXiv 1508.04025). The data are
those of Elliott, Frank, Sima'an, Specia 2016 (arXiv 1605.00459), sub-words of 29,000 captions. `paper` is Sutskever's
network and optimiser; none of the papers has this data.

Expected on test_2016_flickr, cased, detokenised: summary, 24.8 BLEU; attention, 35.5; cpu, not measured as it stands
(17.0 after 9 epochs at twice the rate, 17.2 after 14 with more dropout and shorter pieces).

    ./scripts/reproduce seq2seq/multi30k_ende --config.data.folder=FOLDER   # of train.en.gz, train.de.gz, ...
    ./scripts/reproduce seq2seq/multi30k_ende:summary --config.data.folder=FOLDER
    ./scripts/reproduce seq2seq/multi30k_ende:attention --config.data.folder=FOLDER
    ./scripts/reproduce seq2seq/multi30k_ende:forward --config.data.folder=FOLDER
"""

from configs.seq2seq import ATTENTION, MULTI30K, MULTI30K_CPU, SMOKE, SUMMARY
from deepx.engine.config import variants

PAPER = {
    "benchmark": "seq2seq/multi30k_ende",
    **MULTI30K,
    "data": MULTI30K["data"] | {"target": "de"},
}

get_config = variants(
    paper=PAPER,
    cpu=MULTI30K_CPU,
    forward=MULTI30K_CPU | {"model.reverse": False},
    summary=MULTI30K_CPU | SUMMARY,
    attention=MULTI30K_CPU | ATTENTION,
    smoke=SMOKE,
)
