"""Sentences decoded with a beam of 12 by sequence to sequence, untrained, so that none ends before the last place."""

from scripts.benchmarks.seq2seq import Sizes

BEAM = 12
SIZES = {f"2x256, {count} sentences": Sizes(2, 256, count) for count in (16, 64)}
CASES = tuple(SIZES)
