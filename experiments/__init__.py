"""One module a benchmark family: `build(config) -> Experiment` and a main. Whatever runs here keeps freed memory."""

from deepx.nn.cpu import allocator

allocator.keep_memory()  # before any module of this package imports jax
