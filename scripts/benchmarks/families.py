"""What is timed beside what: families of models, their cases and the sides that run them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from scripts.benchmarks import beam, conv, memn2n, mrn, ntm, seq2seq, srresnet


@dataclass(frozen=True)
class Side:
    """An implementation: the module's suffix, what `build` is told, and what the environment says.

    slow: takes long to build, and is left out of quick measurements.
    """

    name: str
    module: str
    variant: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    slow: bool = False


@dataclass(frozen=True)
class Family:
    """Cases, and the sides that run them. The first side is ours; `reference` is what its ratio is taken to.

    least: what the ratio should be. quick: the cases of a quick measurement.
    """

    cases: Sequence[str]
    sides: Sequence[Side]
    reference: str
    least: float
    quick: Sequence[str]


OURS = Side("deepx", "jax")
COMPILED = Side("torch.compile", "torch", "compiled", slow=True)
IMAGES = (
    OURS,
    Side("jax", "jax", environment={"DEEPX_CPU_KERNELS": "xla"}, slow=True),
    Side("torch", "torch", "contiguous", slow=True),
    Side("torch NHWC", "torch", "channels_last"),
)
NETS = (OURS, *IMAGES[2:], COMPILED)  # XLA's own convolutions take minutes a turn: they are timed one by one
EAGER = (OURS, Side("torch", "torch"))
LOOPS = (
    OURS,
    Side("torch by sentence", "torch", "sentence"),
    Side("torch by hypothesis", "torch", "hypothesis"),
)
FAMILIES = {
    "conv": Family(conv.CASES, IMAGES, "torch NHWC", 1.0, ("16 forward", "64 weight gradient")),
    "resnet": Family(("resnet20", "resnet56"), NETS, "torch NHWC", 1.0, ("resnet20",)),
    "dcgan": Family(("dcgan32",), NETS, "torch NHWC", 1.0, ("dcgan32",)),
    "srresnet": Family(srresnet.CASES, NETS, "torch NHWC", 1.0, ("6 x 32, batch 8",)),
    "ntm": Family(ntm.CASES, EAGER, "torch", 20, ("batch 16",)),
    "memn2n": Family(memn2n.CASES, (*EAGER, COMPILED), "torch", 20, ("d 20, 1 restart",)),
    "seq2seq": Family(seq2seq.CASES, EAGER, "torch", 1.2, ("2x256, batch 64",)),
    "beam": Family(beam.CASES, LOOPS, "torch by hypothesis", 10, ()),
    "mrn": Family(mrn.CASES, (*EAGER, COMPILED), "torch", 1.5, ("joint 256, batch 64",)),
}
