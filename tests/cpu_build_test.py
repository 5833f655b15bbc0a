"""The kernels' library: compiled at first use, kept, and done without where it cannot be had."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from deepx.nn.cpu import build

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = "convolution"
CONVOLVE = """
import jax, jax.numpy as jnp
from deepx.nn.cpu import kernels
kernels.enable()
for n in (1, 2):
    x, w = jnp.ones((n, 1, 3, 3)), jnp.ones((1, 1, 3, 3))
    print(float(jax.jit(lambda x: jax.lax.conv(x, w, (1, 1), "VALID").sum())(x)))
print(kernels.lowered())
"""


def convolve(**environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", CONVOLVE], cwd=ROOT, env={**os.environ, "XLA_FLAGS": "", **environment},
        capture_output=True, text=True, timeout=200,
    )  # fmt: skip


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture(scope="module")
def instructions() -> str:
    try:
        found = build.instructions()
        build.load(LIBRARY, found)
    except build.Unavailable as reason:
        pytest.skip(f"no kernels here: {reason}")
    return found


@pytest.fixture(scope="module")
def compiled(instructions, tmp_path_factory) -> Path:
    """The library, in a file of its own."""
    path = tmp_path_factory.mktemp("compiled") / "kernels.so"
    kept = build.cache() / f"{LIBRARY}-{build.key(LIBRARY, instructions)}.so"
    if kept.exists():
        return shutil.copy(kept, path)
    build.compile_to(path, build.source(LIBRARY), instructions)
    return path


@pytest.fixture
def quick_compiler(compiled, tmp_path, monkeypatch) -> None:
    """A compiler that makes the library at once, of which there is one."""
    text = f'for output; do :; done; exec cp "{compiled}" "$output"'
    monkeypatch.setenv("CXX", str(script(tmp_path / "compiler", text)))


@pytest.fixture
def cache(tmp_path, quick_compiler, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "deepx" / "cpu"


def test_a_library_is_compiled_once(instructions, cache, monkeypatch):
    build.load(LIBRARY, instructions)
    assert [path.name for path in cache.iterdir()] == [f"{LIBRARY}-{build.key(LIBRARY, instructions)}.so"]
    monkeypatch.setattr(build, "compile_to", lambda *_: pytest.fail("compiled again"))
    build.load(LIBRARY, instructions)


def test_its_key_knows_source_instructions_and_jaxlib(instructions, tmp_path, monkeypatch):
    keys = {build.key(LIBRARY, name) for name in build.INSTRUCTIONS}
    monkeypatch.setattr(build.jaxlib, "__version__", "0.0.1")
    keys.add(build.key(LIBRARY, instructions))
    keys.add(build.key("sentences", instructions))
    (tmp_path / "other.h").write_text("int x;")
    monkeypatch.setattr(build, "HEADERS", (tmp_path / "other.h",))
    keys.add(build.key(LIBRARY, instructions))
    assert len(keys) == len(build.INSTRUCTIONS) + 3


def test_two_processes_at_once(instructions, cache, tmp_path):
    environment = {**os.environ, "XLA_FLAGS": "", "XDG_CACHE_HOME": str(tmp_path)}
    processes = [
        subprocess.Popen([sys.executable, "-c", CONVOLVE], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in processes:
        assert process.communicate(timeout=200)[0].split("\n")[2] == f"convolution ({instructions})"
    assert len(list(cache.iterdir())) == 1


def test_a_damaged_library_is_made_anew(instructions, cache):
    cache.mkdir(parents=True)
    (cache / f"{LIBRARY}-{build.key(LIBRARY, instructions)}.so").write_bytes(b"\x7fELF damaged")
    build.load(LIBRARY, instructions)


def test_a_cache_that_cannot_be_written_is_done_without(instructions, quick_compiler, tmp_path):
    (tmp_path / "deepx").write_text("a file where the directory should be")
    done = convolve(XDG_CACHE_HOME=str(tmp_path), JAX_ENABLE_COMPILATION_CACHE="false")
    assert done.stdout.split("\n")[2] == f"convolution ({instructions})", done.stderr


@pytest.mark.parametrize("failing", [True, False], ids=["a_failing_compiler", "no_compiler"])
def test_without_a_compiler_xlas_own_serve_and_it_is_said_once(instructions, tmp_path, failing):
    if failing:
        script(tmp_path / "g++", "echo 'convolution.cc:1: error: I am out of order' >&2; exit 1")
    done = convolve(PATH=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "cache"), CXX="")
    assert done.returncode == 0 and done.stdout.split() == ["9.0", "18.0", "xla"], done.stderr
    said = [line for line in done.stderr.splitlines() if "XLA's own kernels serve" in line]
    assert len(said) == 1
    assert ("I am out of order" if failing else "no C++ compiler was found") in said[0]


def test_other_processors_are_told_why(monkeypatch):
    monkeypatch.setattr(build.platform, "machine", lambda: "arm64")
    with pytest.raises(build.Unavailable, match="this is arm64"):
        build.instructions()
    monkeypatch.setattr(build.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(build.Path, "read_text", lambda _: "flags : fpu sse2\n")
    with pytest.raises(build.Unavailable, match="no AVX2"):
        build.instructions()
    monkeypatch.setattr(build.Path, "read_text", lambda _: "flags : fpu avx2 fma sse2\n")
    assert build.instructions() == "AVX2"


def test_entry_points_set_the_allocator_before_jax_is_imported():
    code = """
import sys, ctypes
class Library:
    def mallopt(self, parameter, value):
        assert "jax" not in sys.modules
        told.append((parameter, value))
        return 1
told = []
ctypes.CDLL = lambda name: Library()
import experiments
assert "jax" not in sys.modules
if sys.platform.startswith("linux"):
    assert told == [(-8, 1), (-4, 0), (-1, 2**31 - 1)], told
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
