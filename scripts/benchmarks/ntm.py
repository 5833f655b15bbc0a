"""Training steps of the neural Turing machine on copying: the paper's sizes, sequences of length 20."""

LENGTH, BITS, CELLS, SLOTS, WIDTH = 20, 8, 100, 128, 20
STEPS = 8  # training steps that a side takes when it is asked for one
CASES = ("batch 1", "batch 16", "batch 64")
