"""What makes the CPU backend fast: kernels of our own, and an allocator that keeps its memory.

`allocator` is for programs to call before jax is imported; nothing here imports jax by itself.
"""
