"""Answers of a help desk, by a network that reads the latest turns (Vinyals & Le 2015).

Vinyals, Le 2015, "A neural conversational model", arXiv 1506.05869, section 4.1: one layer of 1024 cells, 20,000 words,
SGD with clipping. Its chats of an IT help desk are not public: give yours. What the paper does not say is ours:
embeddings, the learning rate and its schedule, the batch, four turns of context. Its numbers are from a secondary
source (V2).

Expected: paper, on its own data, perplexity 8, and 18 of n-grams; cpu, on a thousand of DailyDialog's conversations,
60.1, and 62.5 of 5-grams.

A file has a conversation a line, its turns parted by __eou__, or a turn a line and an empty line between conversations.

    ./scripts/reproduce seq2seq/conversation_helpdesk:paper --config.data.train=FILE,FILE,...
    ./scripts/reproduce seq2seq/conversation_helpdesk --config.data.train=FILE --config.data.test=FILE   # cpu
    ./scripts/reproduce seq2seq/conversation_helpdesk --mode=predict --answer=mmi
"""

from configs import reported
from configs.seq2seq.conversations import CPU, SMOKE, TALK
from deepx.engine.config import variants

PAPER = {
    "benchmark": "seq2seq/conversation_helpdesk",
    **TALK,
    "cost": "an estimated day on a GPU, for the paper's 30 million words",
    "reported": {
        "test_perplexity": reported(8.0, "section 4.1, a private help desk", "V2", better="lower"),
        "test_perplexity/5-gram": reported(18.0, "section 4.1, n-grams, a private help desk", "V2", better="lower"),
    },
}

get_config = variants(paper=PAPER, cpu=CPU, attention=CPU | {"model.name": "attention"}, smoke=SMOKE)
