"""Numbers of papers about which sources disagree, for RESULTS.md."""

from __future__ import annotations

from typing import NamedTuple


class Disputed(NamedTuple):
    """What is reported, by `paper`, what else is said of it, and what our number is held against."""

    benchmark: str
    number: str
    paper: str
    elsewhere: str
    held_against: str


DISPUTED = (
    Disputed(
        "resnet/cifar10_resnet56",
        "test error",
        "6.97% (He 2015, table 6)",
        "6.89 to 8.42% in independent runs of one popular implementation (public reports)",
        "the paper's",
    ),
    Disputed(
        "resnet/cifar10_resnet110",
        "test error",
        "6.43%, the best of 5 runs (He 2015, table 6)",
        "6.61 +- 0.16%, the mean of the same 5 (table 6)",
        "the best, which the table lists; a mean of ours belongs beside their mean",
    ),
    Disputed(
        "resnet/cifar10_preact1001",
        "test error",
        "4.92%, batches of 128 (He 2016)",
        "4.62%, batches of 64 (the same paper), often quoted as the net's",
        "4.92%, as the config has batches of 128",
    ),
    Disputed(
        "babi/memn2n_pe_ls_rn",
        "error/qa2",
        "one number a task (Sukhbaatar 2015, table 1)",
        "18.6, 11.1 and 15.8% in three runs of one public code",
        "the paper's; the mean over tasks says more",
    ),
    Disputed(
        "gan/context_encoder",
        "L1, L2, PSNR of the hole, Paris StreetView",
        "9.37%, 1.96%, 18.58 dB (secondary source)",
        "10.33%, 2.35%, 17.59 dB (printed by an official file)",
        "neither: our data are others",
    ),
)
