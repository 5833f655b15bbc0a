"""`--mode=export`: what a program that stands alone says equals what the run says, for any size that may be any."""

import json
import subprocess
import sys

import jax
import numpy as np
import pytest

from deepx.engine.config import load
from deepx.engine.experiment import Served
from deepx.engine.export import export_to
from experiments import reproduce
from experiments.plan import built

KINDS = [
    "babi/memn2n_joint_3hop_rn",
    "babi/memnn_strong",
    "gan/conditional_dcgan_mnist",
    "gan/context_encoder",
    "gan/goodfellow_mnist",
    "gan/srresnet",
    "gan/text_to_image",
    "gan/toy_density",
    "ntm/copy",
    "resnet/cifar10_resnet20",
    "resnet/imagenet_plain18",
    "seq2seq/conversation_offline",
    "seq2seq/grammar_enfr",
    "vqa/easy_vqa",
]
SIZES = {"batch": 3, "time": 5, "views": 1, "height": 6, "width": 7}


def drawn(served: Served, sizes) -> dict[str, np.ndarray]:
    """Some inputs; whole numbers are 0 or 1, which is something in every vocabulary."""
    rng = np.random.default_rng(0)
    inputs = {}
    for name, (shape, dtype) in served.inputs.items():
        shape = [sizes.get(size, size) for size in shape]
        inputs[name] = rng.integers(0, 2, shape).astype(dtype) if dtype != "float32" else rng.random(shape, np.float32)
    return inputs


@pytest.mark.parametrize("name", KINDS)
def test_a_program_says_what_the_run_says(name, tmp_path):
    config = load(reproduce.CONFIGS / f"{name}.py", "smoke")
    experiment, run = built(config)
    key = jax.random.key(0)
    keys = key if run.replicas == 1 else jax.random.split(key, run.replicas)
    served = experiment.serve(jax.jit(experiment.init)(keys))
    export_to(tmp_path, served, {"benchmark": name})
    signature = json.loads((tmp_path / "signature.json").read_text())
    program = jax.export.deserialize(bytearray((tmp_path / "program.bin").read_bytes()))
    inputs = drawn(served, SIZES)
    ours, theirs = jax.jit(served.function)(inputs), program.call(inputs)
    assert set(ours) == set(theirs) == set(signature["outputs"])
    assert len(program.module_kept_var_idx) == len(inputs)  # none is given in vain
    for output, array in ours.items():
        np.testing.assert_allclose(theirs[output], array, rtol=1e-4, atol=1e-5)
        assert len(array) == SIZES["batch"]


def test_it_runs_where_this_code_is_not(tmp_path):
    weights = np.arange(6, dtype=np.float32).reshape(2, 3)
    served = Served(lambda given: {"y": given["x"] @ weights}, {"x": (("batch", 2), "float32")}, "A product.", {"n": 1})
    export_to(tmp_path / "export", served, {"benchmark": "toy"})
    np.savez(tmp_path / "in.npz", x=np.ones((4, 2), np.float32))
    command = [sys.executable, "-I", "export/run.py", "in.npz", "out.npz"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "y: float32 [4, 3]\n"), ended.stderr
    with np.load(tmp_path / "out.npz") as out:
        np.testing.assert_array_equal(out["y"], np.ones((4, 2)) @ weights)
    signature = json.loads((tmp_path / "export" / "signature.json").read_text())
    assert signature == {
        "benchmark": "toy",
        "about": "A product.",
        "inputs": {"x": {"shape": ["batch", 2], "dtype": "float32"}},
        "outputs": {"y": {"shape": ["batch", 3], "dtype": "float32"}},
        "n": 1,
    }
