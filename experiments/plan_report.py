"""A plan as tables, and beside what was measured."""

from __future__ import annotations

from ml_collections import ConfigDict
from rich.table import Table

from deepx.engine.page import duration
from deepx.engine.run import Run
from experiments.plan_devices import Device
from experiments.plan_estimate import Plan
from experiments.plan_measured import Measured

SAID_BY = {
    "here": "as compiled for this CPU; what our kernels need inside is not in it",
    "cpu": "as XLA compiles it for CPUs; a TPU pads small axes to tiles and may need several times as much",
    "tpu": "as the TPU's compiler lays it out",
}


def table(
    found: Plan, config: ConfigDict, run: Run, name: str, device: Device, number: int, utilisation: float, compiler: str
) -> Table:
    """Memory of one device, then what a step and the run take."""
    result = Table(box=None, pad_edge=False, show_header=False, title_justify="left")
    result.title = f"{config.benchmark}:{config.variant} on {number} x {name}"
    for style in ("left", "right", "left"):
        result.add_column(justify=style)
    for part, held in found.memory.items():
        said = SAID_BY["here" if name == "cpu" else compiler] if part == "activations and temporaries" else ""
        if held or said:
            result.add_row(part, size(held), said)
    fits = "fits" if found.total <= device.memory else "DOES NOT FIT"
    result.add_row("a device holds", size(found.total), f"of {size(device.memory)}: {fits}", style="bold")
    result.add_row()
    products, intensity = found.cost.products.total(), found.cost.flops / max(found.cost.bytes, 1)
    kinds = ", ".join(f"{of(f)}FLOP in {t}" for t, f in found.cost.products.items())
    whose = f", each of {run.replicas} replicas" if run.replicas > 1 else ""
    result.add_row("batch", str(config.batch_size), f"{config.batch_size / number:g} a device{whose}")
    result.add_row(
        "a step", f"{of(found.cost.flops)}FLOP", f"products: {kinds or '0'}; counted, loops as often as they run"
    )
    result.add_row(
        "", f"{of(found.cost.bytes)}B", f"moved if elementwise operations are fused: {intensity:.1f} FLOP a byte"
    )
    if found.cost.open_loops:
        result.add_row("", str(found.cost.open_loops), "loops of unknown length, counted once")
    if found.cost.choices:
        result.add_row("", str(found.cost.choices), "choices of a branch, counted as the dearest; fewer FLOPs may do")
    best = products and min(device.products.get(t, device.products["float32"]) for t in found.cost.products)
    bound = f"{utilisation:.0%} of {of(best)}FLOP/s" if found.bound == "products" else f"{of(device.bandwidth)}B/s"
    result.add_row(
        "time of a step", duration(found.seconds), f"bound by {found.bound}, {bound}; without what devices exchange"
    )
    result.add_row(
        "the run", duration(found.seconds * run.steps), f"{run.steps:,} steps, without evaluation", style="bold"
    )
    return result


def comparison(found: Plan, measured: Measured, device: Device) -> Table:
    """What was planned beside what was seen on this machine."""
    result = Table(box=None, pad_edge=False, title="Measured here", title_justify="left")
    for column in ("", "planned", "measured", ""):
        result.add_column(column, justify="left" if not column else "right")
    achieved = found.cost.products.total() / measured.seconds
    best = device.products["float32"]
    result.add_row(
        "time of a step", duration(found.seconds), duration(measured.seconds), f"kernels: {measured.kernels}"
    )
    result.add_row(
        "products",
        f"{of(found.cost.products.total() / found.seconds)}FLOP/s",
        f"{of(achieved)}FLOP/s",
        f"{achieved / best:.0%} of the best",
    )
    planned = found.memory["activations and temporaries"]
    result.add_row("temporaries", size(planned), size(measured.memory), "resident, at the peak of steps")
    return result


def size(held: float) -> str:
    return f"{of(held)}B"


def of(number: float) -> str:
    """Three digits and a decimal prefix, '41.2 M'."""
    for power, prefix in ((15, "P"), (12, "T"), (9, "G"), (6, "M"), (3, "k")):
        if number >= 10**power:
            return f"{number / 10**power:.3g} {prefix}"
    return f"{number:.3g} "
