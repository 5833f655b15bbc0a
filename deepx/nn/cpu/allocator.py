"""The C library's allocator, told to keep the memory that a program frees.

XLA asks for the temporary memory of a program anew at every call. By default glibc maps such large pieces afresh and
gives them back at once, so that each call faults all its pages in again: for a ResNet-20 step of batch 128, 300 MB and
a tenth of the time. Kept memory costs room instead: the process stays as large as it once was.
"""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8  # malloc.h; all three together, or nothing is gained


def keep_memory() -> bool:
    """Sets glibc's allocator so; False where there is another one. To be called before jax is imported: later, threads
    have arenas of their own and it helps little."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    return all([mallopt(M_ARENA_MAX, 1), mallopt(M_MMAP_MAX, 0), mallopt(M_TRIM_THRESHOLD, 2**31 - 1)])
