"""The small experiments of the tests behind an entry point, for processes that train one run together.

python -m hosts_toy --config=tests/hosts_toy.py --workdir=DIR; in the environment, HANG: some batches are never read;
FSIZE: no file can be longer.
"""

import os
import resource
import time

import toy
import words
from ml_collections import ConfigDict

from deepx.engine import entry
from deepx.engine.config import variants
from deepx.engine.data import HostData
from deepx.engine.experiment import Experiment, Report, Told, Watch

PAPER = {
    "benchmark": "toy/hosts",
    "cost": "nothing",
    "reported": {},
    "model": {"kind": "toy", "host": True},
    "run": {
        "seed": 3,
        "replicas": 1,
        "steps": 1_000_000,
        "steps_per_call": 4,
        "log_every": 40,
        "eval_every": 200,
        "checkpoint_every": 40,
        "keep": 2,
        "select": "last",
        "parallel": "jit",
        "mesh": {"data": 0, "model": 1},
        "shard_state": False,
    },
}
get_config = variants(paper=PAPER, words={"model.kind": "words", "run.shard_state": True})


def build(config: ConfigDict) -> Experiment:
    if config.model.kind == "words":
        return words.experiment()
    made = toy.experiment(host=config.model.host)
    if "HANG" in os.environ:
        batches = made.train_data.dataset
        made = made._replace(train_data=HostData(lambda seed: batches(seed).map_with_index(hang)))
    watch = Watch(lambda state, key: {"w": state.params["w"]}, told, lambda steps, seen: {})
    return made._replace(watch=watch, report=lambda state, key: Report({}, {"weights": float(state.params["w"].sum())}))


def told(seen):
    return Told({"first_weight": seen["w"][-1][0]})


def hang(i, batch):
    time.sleep(3600 if i >= 40 else 0)
    return batch


if __name__ == "__main__":
    if "FSIZE" in os.environ:
        resource.setrlimit(resource.RLIMIT_FSIZE, 2 * (int(os.environ["FSIZE"]),))
    entry.main(build)
