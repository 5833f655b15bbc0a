"""Benchmarks: each family in a file for JAX and one for PyTorch, timed alternately by `alternate.py`.

A module FAMILY_jax or FAMILY_torch has `build(case, variant)`, which returns a step: a function without arguments that
has done its work when it returns, or a `stepping.Step`, which has one. FAMILY.py, where there is one, holds what both
sides share; `families.py` names them all.
"""
