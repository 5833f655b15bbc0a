"""Does anything ever stall, leak, or change? Many training steps on the CPU's own convolutions, under a watchdog.

    ./scripts/soak --steps=20000                   # one training
    ./scripts/soak --steps=20000 --trainings=2     # two at once; NPROC=4 before it: in four threads
    ./scripts/soak --steps=200000 --patience=30    # for a night, and a stall is half a minute

Start several at once to let processes compete. Status 0 when all is well; 1 after a stall (the stacks of all threads
are printed, native ones too where gdb is installed), or where trainings of equal seeds end in different parameters.
"""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import os
import resource
import shutil
import subprocess
import sys
import threading
import time

import jax
import numpy as np
import optax
from absl import logging

from deepx.engine.supervised import supervised
from deepx.engine.usage import fitted
from deepx.models import resnet
from deepx.nn.cpu import kernels


class Training:
    """A ResNet-8 on generated images; `beat` is when its last step ended."""

    def __init__(self, steps: int, batch: int):
        self.steps, self.batch = steps, batch
        self.step, self.beat = 0, time.monotonic()
        self.digest = ""

    def run(self) -> None:
        config = resnet.cifar(depth=8)

        def init(key):
            variables = resnet.init(key, config)
            return variables["params"], variables["batch_stats"]

        def loss(params, stats, batch, key):
            del key
            logits, stats = resnet.apply(config, {"params": params, "batch_stats": stats}, batch["image"], train=True)
            return optax.softmax_cross_entropy_with_integer_labels(logits, batch["label"]).mean(), (stats, {})

        @jax.jit
        def step(state, key):
            image, label = jax.random.split(key)
            batch = {
                "image": jax.random.normal(image, (self.batch, 32, 32, 3)),
                "label": jax.random.randint(label, (self.batch,), 0, 10),
            }
            return training.train_step(state, batch, key)[0]

        training = supervised(init, loss, optax.sgd(0.01, momentum=0.9))
        state = training.init(jax.random.key(0))
        for at in range(self.steps):
            self.step = at
            state = jax.block_until_ready(step(state, jax.random.fold_in(jax.random.key(1), at)))
            self.beat = time.monotonic()
        numbers = b"".join(np.asarray(a).tobytes() for a in jax.tree.leaves(state))
        self.digest = hashlib.sha256(numbers).hexdigest()[:16]
        self.step = self.steps


def stacks() -> None:
    """Prints the stacks of all threads: Python's, and the native ones where gdb is installed."""
    faulthandler.dump_traceback(all_threads=True)
    if shutil.which("gdb"):
        subprocess.run(["gdb", "-p", str(os.getpid()), "-batch", "-ex", "thread apply all backtrace"], timeout=60)


def resident() -> float:
    """Resident memory, MB."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def main(argv: list[str]) -> None:
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="soak", description=fitted(__doc__), formatter_class=layout)
    parser.add_argument("--steps", type=int, default=20_000, help="of each training")
    parser.add_argument("--trainings", type=int, default=1, help="at once, each in a thread of this process")
    parser.add_argument("--batch", type=int, default=16, help="images of a step")
    parser.add_argument("--patience", type=float, default=120.0, help="seconds without a step that are a stall")
    given = parser.parse_args(argv)
    logging.set_verbosity(logging.WARNING)
    kernels.enable()
    trainings = [Training(given.steps, given.batch) for _ in range(given.trainings)]
    threads = [threading.Thread(target=training.run, daemon=True) for training in trainings]
    for thread in threads:
        thread.start()
    told = begun = time.monotonic()
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.2)
        now = time.monotonic()
        for training, thread in zip(trainings, threads, strict=True):
            if thread.is_alive() and now - training.beat > given.patience:
                print(f"stalled at step {training.step}; no step for {now - training.beat:.0f} s", flush=True)
                stacks()
                os._exit(1)
        if now - told > 30:
            told = now
            print(f"{now - begun:6.0f} s  steps {[t.step for t in trainings]}  {resident():.0f} MB", flush=True)
    digests = {training.digest for training in trainings}
    print(
        f"{given.steps} steps x {given.trainings}, {kernels.threads()} threads, {kernels.lowered()}: "
        f"{time.monotonic() - begun:.0f} s, {resident():.0f} MB, parameters {' '.join(sorted(digests))}"
    )
    sys.exit(len(digests) != 1 or "" in digests)


if __name__ == "__main__":
    main(sys.argv[1:])
