"""What the machine can do at best: a large matrix product, and one pass over an array far larger than its caches."""

SIDE = 2048
NUMBERS = 2**26
CASES = ("product", "pass")
