"""Compiles the C++ beside this file at its first use, and keeps the libraries for later programs.

A library is one `.cc`: a program waits for the compiler of those kernels only that it calls.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

import jax
import jaxlib

HEADERS = tuple(sorted(Path(__file__).parent.glob("*.h")))
FLAGS = ("-std=c++17", "-O3", "-fPIC", "-shared", "-ffp-contract=fast")
INSTRUCTIONS = {  # by falling width: the name in /proc/cpuinfo of each that is needed
    "AMX": ("amx_bf16", "amx_tile", "avx512_bf16", "avx512bw", "avx512f", "avx2", "fma"),
    "AVX-512": ("avx512f", "avx2", "fma"),
    "AVX2": ("avx2", "fma"),
}
COMPILERS = ("g++", "clang++", "c++")
PATIENCE = 240  # seconds for the compiler; it takes five


class Unavailable(Exception):
    """There is no library for this machine; the message says why."""


def instructions() -> str:
    """The widest vector instructions that we know how to use here: a key of INSTRUCTIONS. Raises Unavailable."""
    if platform.machine() not in ("x86_64", "AMD64"):
        raise Unavailable(f"they are written for x86-64 processors, and this is {platform.machine()}")
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError as error:
        raise Unavailable("this system does not tell what its processor can do (no /proc/cpuinfo)") from error
    known = {word for line in lines if line.startswith("flags") for word in line.split()}
    for name, needed in INSTRUCTIONS.items():
        if known.issuperset(needed) and (name != "AMX" or _tiles()):
            return name
    raise Unavailable("this processor has no AVX2")


def _tiles() -> bool:
    """Asks Linux for the room that the state of AMX's tiles takes in this process; whether it is granted."""
    arch_prctl, request, tile_data = 158, 0x1023, 18
    try:
        return ctypes.CDLL(None).syscall(arch_prctl, request, tile_data) == 0
    except (OSError, AttributeError):  # another C library
        return False


def source(library: str) -> Path:
    """The file of a library, 'convolution' say."""
    return Path(__file__).with_name(f"{library}.cc")


def key(library: str, instructions: str) -> str:
    """What a library is known by: sources, flags, instructions, and the jaxlib whose headers it was compiled with."""
    sources = [path.read_bytes() for path in (source(library), *HEADERS)]
    parts = [*sources, repr((FLAGS, instructions, jaxlib.__version__)).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def cache() -> Path:
    """Where libraries are kept: `$XDG_CACHE_HOME/deepx/cpu`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "deepx" / "cpu"


def load(library: str, instructions: str) -> ctypes.CDLL:
    """A library, from the cache or else compiled. Raises Unavailable.

    It enters the cache by one rename, so that another process finds all of it or nothing. Where the cache cannot be
    written, the library serves this process alone.
    """
    kept = cache() / f"{library}-{key(library, instructions)}.so"
    if kept.exists():
        try:
            return ctypes.CDLL(str(kept))
        except OSError:
            pass  # damaged: made anew
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        room = tempfile.TemporaryDirectory(dir=kept.parent)
    except OSError:
        room, kept = tempfile.TemporaryDirectory(), None
    with room as directory:
        fresh = Path(directory) / "fresh.so"
        compile_to(fresh, source(library), instructions)
        if kept is not None:
            fresh = fresh.replace(kept)
        try:
            return ctypes.CDLL(str(fresh))
        except OSError as error:
            raise Unavailable(f"what was compiled cannot be loaded: {error}") from error


def compile_to(path: Path, source: Path, instructions: str) -> None:
    """Compiles `source` to `path` with $CXX, or with the first compiler that is found. Raises Unavailable."""
    compiler = next(filter(shutil.which, filter(None, (os.environ.get("CXX"), *COMPILERS))), None)
    if compiler is None:
        raise Unavailable(f"no C++ compiler was found (none of {', '.join(COMPILERS)} is on the PATH)")
    machine = ["-m" + name.replace("512_", "512").replace("_", "-") for name in INSTRUCTIONS[instructions]]
    command = [compiler, *FLAGS, *machine, "-isystem", jax.ffi.include_dir(), str(source), "-o", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"the C++ compiler could not be run: {error}") from error
    if done.returncode or not path.exists():
        lines = (
            [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines() or ["no word"]
        )
        raise Unavailable(f"the C++ compiler failed ({compiler}: {lines[0].strip()[:200]})")
