"""The alarm of a collapsing game: what was seen of a GAN, and the sentences that say what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple


class Seen(NamedTuple):
    """What one look, or the last few, told. What was not looked at is None, or empty.

    commonest_share:  of the samples (0 to 1), that a classifier takes for the commonest class, `commonest`.
    diversity:        mean squared distance between samples over that between real examples.
    right:            percentage of real and generated examples that the discriminator told apart, look by look.
    gradient_norms:   of the generator, look by look.
    """

    commonest_share: float | None = None
    commonest: str = ""
    diversity: float | None = None
    right: Sequence[float] = ()
    gradient_norms: Sequence[float] = ()


class Thresholds(NamedTuple):
    """When to be alarmed. looks: how many in a row make 'stuck' and 'vanished'."""

    commonest_share: float = 0.5
    diversity: float = 0.5
    right: float = 99.5
    gradient_norm: float = 1e-4
    looks: int = 3


USUAL = Thresholds()


def alarms(seen: Seen, thresholds: Thresholds = USUAL) -> list[str]:
    """A sentence for everything that is wrong: what was seen, and the threshold it crossed. Empty: nothing is."""
    return list(_alarms(seen, thresholds))


def _alarms(seen: Seen, at: Thresholds) -> Iterator[str]:
    if seen.commonest_share is not None and seen.commonest_share > at.commonest_share:
        yield (
            f"{seen.commonest_share:.0%} of the samples look like class {seen.commonest}; "
            f"the alarm is at {at.commonest_share:.0%}."
        )
    if seen.diversity is not None and seen.diversity < at.diversity:
        yield (
            f"Samples differ from each other {seen.diversity:.2g} times as much as real examples do; "
            f"the alarm is below {at.diversity:g}."
        )
    if all_of_last(seen.right, at.looks, lambda right: right >= at.right):
        yield (
            f"The discriminator was right about {min(seen.right[-at.looks :]):.3g}% or more in the last {at.looks} "
            f"looks and has nothing left to learn; the alarm is at {at.right:g}%."
        )
    if all_of_last(seen.gradient_norms, at.looks, lambda norm: norm < at.gradient_norm):
        yield (
            f"The generator's gradient had a norm of {max(seen.gradient_norms[-at.looks :]):.2g} or less in the last "
            f"{at.looks} looks; the alarm is below {at.gradient_norm:g}."
        )


def all_of_last(values: Sequence[float], count: int, wrong: Callable[[float], bool]) -> bool:
    """Whether the last `count` values are there and all `wrong`."""
    return len(values) >= count and all(map(wrong, values[-count:]))
