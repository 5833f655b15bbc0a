"""Training steps of end-to-end memory networks: the paper's sizes, for one task (d = 20) and for all (d = 50)."""

BATCH, MEMORIES, HOPS, QUESTIONS = 32, 50, 3, 900
STEPS = 28  # training steps that a side takes when it is asked for one: an epoch of one task
SIZES = {"d 20": (20, 36, 7), "d 50": (50, 180, 11)}  # dimensions, vocabulary, words of the longest sentence
CASES = tuple(f"{size}, {networks}" for size in SIZES for networks in ("1 restart", "10 restarts"))


def parsed(case: str) -> tuple[int, int, int, int]:
    """Dimensions, vocabulary, words and restarts of a case."""
    size, restarts = case.split(", ")
    return *SIZES[size], int(restarts.split()[0])
