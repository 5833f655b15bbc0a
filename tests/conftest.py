"""Tests run on 8 virtual CPU devices; the engine is given one of them unless a test is about several."""

import os
from importlib.metadata import version

# Programs of tests run once: what takes the time is compiling them.
os.environ["XLA_FLAGS"] = " ".join([
    os.environ.get("XLA_FLAGS", ""),
    "--xla_force_host_platform_device_count=8",
    "--xla_cpu_parallel_codegen_split_count=1",  # a program is compiled whole, at two thirds of the cost of its parts
    *(["--xla_cpu_use_fusion_emitters=false"] if version("jaxlib").startswith("0.10.") else []),  # halves it
])  # fmt: skip
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
os.environ.setdefault("JAX_TRACEBACK_IN_LOCATIONS_LIMIT", "0")  # no line of ours beside every operation of a program

import gc
from pathlib import Path

import hypothesis
import jax
import pytest

from deepx.nn.cpu import kernels

ROOT = Path(__file__).resolve().parents[1]

hypothesis.settings.register_profile("deepx", deadline=None)  # on a busy machine anything may take long
hypothesis.settings.load_profile("deepx")


# What takes longest, first: a file is one process's, and the last to begin should not be a long one.
LONGEST = ["configs", "resume", "hosts", "notebooks", "command", "seq2seq_experiment", "accelerators", "vqa_experiment"]


def pytest_collection_modifyitems(items):
    rank = {f"{name}_test.py": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.name, len(rank)))


@pytest.fixture(scope="session", autouse=True)
def our_kernels():
    """As in every command, kernels of ours serve one CPU device where a C++ compiler is; of several, XLA's."""
    kernels.enable()


def pytest_collection_finish():
    """What was imported stays: collections of garbage need not go through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def compilation_cache(tmp_path_factory):
    """One cache for the test processes of a session and the programs they start."""
    shared = tmp_path_factory.getbasetemp()
    shared = (shared.parent if os.environ.get("PYTEST_XDIST_WORKER") else shared) / "xla"
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(shared)
    jax.config.update("jax_compilation_cache_dir", str(shared))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.3)
