"""Sentences decoded with a beam of 12 by sequence to sequence, untrained, so that none ends before the last place."""

from scripts.benchmarks.seq2seq import Sizes

BEAM = 12
SIZES = {"2x256, 16 sentences": Sizes(2, 256, 16)}
CASES = tuple(SIZES)
