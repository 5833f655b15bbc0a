"""Training steps of the neural Turing machine on copying: the paper's sizes, sequences of length 20."""

LENGTH, BITS, CELLS, SLOTS, WIDTH = 20, 8, 100, 128, 20
STEPS = 8  # training steps that a side takes when it is asked for one
CASES = ("batch 1", "batch 16", "batch 64")


def gigaflops(batch: int) -> float:
    """Of what a side does when asked for one step: products and sums of all contractions, backward twice as many."""
    heads, emitted = 2, 2 * (WIDTH + 6) + 2 * WIDTH
    controller = (BITS + 1 + WIDTH + CELLS) * 4 * CELLS
    outputs = CELLS * emitted + (CELLS + WIDTH) * BITS
    memory = SLOTS * WIDTH * (heads + 3)  # similarity of each head's key, one read, erase, add
    return 2e-9 * 3 * STEPS * batch * (2 * LENGTH + 1) * (controller + outputs + memory)


GIGAFLOPS = {case: gigaflops(int(case.removeprefix("batch "))) for case in CASES}
