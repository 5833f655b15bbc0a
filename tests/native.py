"""What the tests of our kernels on the CPU share. Importing it skips a test module where there are no kernels."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from deepx.nn.cpu import build, kernels

ROOT = Path(__file__).resolve().parents[1]

try:
    build.load("convolution", build.instructions())
except build.Unavailable as reason:
    pytest.skip(f"no kernels here: {reason}", allow_module_level=True)


def both(f, *arguments):
    """`f` compiled with our kernels and with XLA's; the first must hold ours, and the second must not."""
    ours = jax.jit(lambda *a: f(*a)).lower(*arguments)
    assert "deepx_" in ours.as_text()
    with kernels.disabled():
        theirs = jax.jit(lambda *a: f(*a)).lower(*arguments)
    assert "deepx_" not in theirs.as_text()
    return ours.compile()(*arguments), theirs.compile({"xla_backend_optimization_level": 0})(*arguments)


def close(ours, theirs, tolerance=1e-5):
    """Finite, and equal to `tolerance` of the largest number of each array."""
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype and np.isfinite(a).all()
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * np.abs(b).max() + 1e-30)


DIGEST = """
import hashlib, sys
import jax
from deepx.nn.cpu import build, kernels
if sys.argv[1:]:
    build.instructions = lambda: sys.argv[1]
from tests.{module} import both, close, digested
kernels.enable()
f, *operands = digested()
if sys.argv[1:]:
    close(*both(f, *operands))
ours = jax.jit(f)(*operands)
digest = hashlib.sha256(b"".join(a.tobytes() for a in jax.device_get(jax.tree.leaves(ours)))).hexdigest()
print(kernels.threads(), digest, kernels.lowered())
"""


def check_threads(module: str) -> None:
    """What the function and the operands that `digested` of a test module names make is the same for any threads."""
    code = DIGEST.format(module=module)
    told = [python(code, NPROC=n) for n in ("1", "3")]
    assert [threads for threads, *_ in told] == ["1", "3"]
    assert told[0][1:] == told[1][1:]


def check_threads_and_avx2(module: str, kernel: str) -> None:
    """The same, and with the kernels for AVX2 it is what XLA's make, too."""
    check_threads(module)
    assert python(DIGEST.format(module=module), "AVX2")[2].strip() == f"{kernel} (AVX2)"


def narrower(instructions: str) -> list[str]:
    """These and all that a processor which has them has besides."""
    names = list(build.INSTRUCTIONS)
    return names[names.index(instructions) :]


def python(code: str, *argv: str, **environment: str) -> list[str]:
    """Runs a program in a process of its own; the words it printed, the third holding all that remain."""
    environment = {**os.environ, "XLA_FLAGS": "", **environment}
    command = [sys.executable, "-c", code, *argv]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return done.stdout.split(maxsplit=2)
