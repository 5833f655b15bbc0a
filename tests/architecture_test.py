"""The floors of the house, read off the imports: what a folder may see of ours, and what it may not see of others'."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("deepx", "experiments", "configs", "scripts", "tests")
OURS = ("deepx", "experiments", "configs", "tests")

# Folder -> the modules of ours that it may import. A file is held to the longest folder that it is in.
FLOORS = {
    "deepx": (),
    "deepx/nn": ("deepx.nn",),
    "deepx/models": ("deepx.models", "deepx.nn"),
    "deepx/data": ("deepx.data", "deepx.files", "deepx.nn"),
    "deepx/engine": ("deepx.engine", "deepx.files", "deepx.nn"),
    "deepx/analysis": ("deepx.analysis", "deepx.nn"),
    "configs": ("configs", "deepx.engine.config"),
    "experiments": OURS[:3],
    "scripts": OURS[:3],
    "tests": OURS,
}
# Package of others -> the folders that may not import it, and within them those that may.
BARRED = {
    "tensorflow": (("deepx", "experiments", "configs"), ()),
    "torch": (("deepx", "experiments", "configs"), ()),
    "tensorflow_datasets": (("deepx", "experiments", "configs"), ("deepx/data",)),
}
HEAVY = re.compile(r"(?!ml_collections\b)(jax|flax|optax|chex|orbax|grain|numpy|scipy|matplotlib|PIL|absl|sklearn)\b")
HOMELESS = {"utils", "util", "helpers", "helper", "common", "misc"}
LINES = 300
MACHINE = re.compile(r"(?<![\w.:/})-])/(?:home|root|Users|tmp|work|mnt|scratch|opt)/\w")


def imported(path: PurePosixPath, source: str) -> Iterator[str]:
    """The dotted names of everything imported anywhere in the file, `from a import b` as `a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = path.parts[: len(path.parts) - node.level] if node.level else ()
            base = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}".lstrip(".") for alias in node.names)


def within(name: str, prefixes: tuple[str, ...], separator: str) -> bool:
    return any(name == prefix or name.startswith(prefix + separator) for prefix in prefixes)


def violations(path: PurePosixPath, source: str) -> list[str]:
    """What is wrong with a file at `path` (relative to the project), one sentence each."""
    wrong = []
    folder = max((f for f in FLOORS if within(str(path), (f,), "/")), key=len)
    for name in imported(path, source):
        if within(name, OURS, ".") and not within(name, FLOORS[folder], "."):
            wrong.append(f"{path}: {folder} may not import {name}")
        barred, but = BARRED.get(name.split(".")[0], ((), ()))
        if within(str(path), barred, "/") and not within(str(path), but, "/"):
            wrong.append(f"{path}: {folder} may not import {name}")
        if folder == "configs" and HEAVY.match(name):
            wrong.append(f"{path}: a config is literals and needs no {name}")
    if path.stem in HOMELESS:
        wrong.append(f"{path}: the name {path.stem} says that something has no home")
    if len(source.splitlines()) >= LINES:
        wrong.append(f"{path}: {len(source.splitlines())} lines want to be two files")
    wrong += [f"{path}: {place.group()}... is a path of one machine" for place in MACHINE.finditer(source)]
    return wrong


def python_files() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix == ".py" or (path.parent.name == "scripts" and path.suffix == "" and path.is_file()):
                if "python" in path.read_text().split("\n")[0] or path.suffix == ".py":
                    yield path


def test_the_project_stands_on_its_floors():
    files = list(python_files())
    assert {path.relative_to(ROOT).parts[0] for path in files} >= {"deepx", "scripts", "tests"}
    wrong = [
        w for path in files for w in violations(PurePosixPath(path.relative_to(ROOT).as_posix()), path.read_text())
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("deepx/nn/lstm.py", "from deepx.models import ntm"),
        ("deepx/nn/lstm.py", "from .. import models"),
        ("deepx/nn/lstm.py", "from ..models import ntm"),
        ("deepx/nn/__init__.py", "from ..engine import data"),
        ("deepx/nn/lstm.py", "def late():\n    import deepx.data.babi"),
        ("deepx/nn/lstm.py", "import deepx"),
        ("deepx/nn/lstm.py", "from deepx.nnx import other"),
        ("deepx/models/ntm.py", "from deepx import data"),
        ("deepx/models/ntm.py", "import deepx.engine as e"),
        ("deepx/data/babi.py", "from deepx.engine.data import DeviceData"),
        ("deepx/engine/loop.py", "from deepx.models.ntm import Config"),
        ("deepx/engine/loop.py", "from experiments import ntm"),
        ("deepx/analysis/lesions.py", "from deepx.engine.experiment import Figure"),
        ("deepx/__init__.py", "from .nn import lstm"),
        ("deepx/models/deeper/net.py", "from ...data import babi"),
        ("configs/ntm/copy.py", "from deepx.engine.loop import train"),
        ("configs/ntm/copy.py", "import jax.numpy as jnp"),
        ("experiments/ntm.py", "import torch.nn as nn"),
        ("experiments/ntm.py", "from tests import conftest"),
        ("experiments/ntm.py", "import tensorflow_datasets as tfds"),
        ("deepx/data/images.py", "import tensorflow as tf"),
        ("deepx/models/utils.py", ""),
        ("experiments/common.py", ""),
        ("deepx/nn/lstm.py", "\n" * LINES),
        ("scripts/sweep", "where = '" + "/home" + "/someone/runs'"),
    ],
)
def test_what_is_wrong_is_found(path, source):
    assert len(violations(PurePosixPath(path), source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (
            "deepx/nn/memory.py",
            "from deepx.nn import lstm\nfrom . import addressing\nfrom .lstm import State\nimport jax",
        ),
        ("deepx/models/ntm.py", "from ..nn import lstm\nfrom .parts import head"),
        ("deepx/engine/__init__.py", "from .data import DeviceData\nfrom deepx.engine import loop"),
        ("deepx/data/__init__.py", "import tensorflow_datasets as tfds\nfrom . import babi"),
        ("configs/ntm/copy.py", "from deepx.engine.config import variants\nimport ml_collections\nimport math"),
        (
            "experiments/ntm.py",
            "from deepx.models import ntm\nfrom deepx.data import algorithmic\nimport experiments.report",
        ),
        ("tests/ntm_test.py", "import torch\nfrom deepx import models"),
        (
            "scripts/bench",
            "import torch  # see https://example.org" + "/home" + "/page, and `$HOME" + "/work" + "/here`",
        ),
    ],
)
def test_what_is_right_passes(path, source):
    assert violations(PurePosixPath(path), source) == []
