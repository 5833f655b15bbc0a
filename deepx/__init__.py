"""deepx: the classic deep architectures, reproduced as pure functions in JAX."""

__version__ = "0.1.0"
