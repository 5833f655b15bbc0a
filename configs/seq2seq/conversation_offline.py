"""Small talk and questions on general knowledge, without a download, by the conversational model of Vinyals & Le 2015.

The conversations are those of the package chatterbot-corpus: 2,026, most of them a question and its answer, of which a
tenth is tested. So few teach a network little of what it has not been asked: this shows the route, and the answers that
such networks give. `paper` is the network and optimiser of the paper's help desk (arXiv 1506.05869, section 4.1), which
has not these data.

    ./scripts/reproduce seq2seq/conversation_offline
    ./scripts/reproduce seq2seq/conversation_offline --mode=predict                  # a conversation
    ./scripts/reproduce seq2seq/conversation_offline --mode=predict --text="Who are you?" --answer=mmi
"""

from configs.seq2seq import RUN
from configs.seq2seq.conversations import CPU, SMOKE, TALK
from deepx.engine.config import variants

PAPER = {
    "benchmark": "seq2seq/conversation_offline",
    **TALK,
    "cost": "an estimated half hour on a GPU",
    "data": TALK["data"]
    | {
        "name": "chatterbot",
        # of 3,000 words: those that are said once teach what <unk> is, which a tenth of the test words are
        "vocabulary": TALK["data"]["vocabulary"] | {"target": 1500},
    },
    "run": RUN | {"steps": 1000, "eval_every": 100, "checkpoint_every": 100},
}

OFFLINE = CPU | {
    "cost": "an estimated 5 minutes on 2 cores",
    "data.context": 2,
    "data.vocabulary.target": 1500,
    "model.embedding": 96,
    "optimizer.learning_rate": 0.002,
    "optimizer.schedule_steps": 800,  # 14 epochs
    "run.steps": 800,
    "run.eval_every": 50,
    "run.checkpoint_every": 50,
}

get_config = variants(paper=PAPER, cpu=OFFLINE, attention=OFFLINE | {"model.name": "attention"}, smoke=SMOKE)
