"""`result.json`: what a finished run measured, beside what the paper reports, and everything that made it."""

from __future__ import annotations

import datetime
import functools
import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
import scipy.special
from ml_collections import ConfigDict

from deepx.engine.config import departures, differences, flatten
from deepx.engine.log import PARTS
from deepx.nn.cpu import kernels

VERSIONS = ("jax", "jaxlib", "flax", "optax", "numpy")
ROOT = Path(__file__).resolve().parents[2]
MANY = 8  # names of a metric, from which on they are shown line by line
NOT_TESTED = ("train_", "valid_")  # how metrics begin that were measured while training


def result(
    config: ConfigDict,
    paper: Mapping[str, Any] | None,
    values: Mapping[str, Any],
    *,
    units: Mapping[str, str],
    provenance: str,
    seeds: Sequence[int],
    selection: str,
    wall_seconds: float,
    commits: Sequence[str],
    devices: Sequence[jax.Device],
    command: str,
) -> dict[str, Any]:
    """The record of a run. `values`: one number, or one a seed, by metric name; `paper`: the paper variant's config."""
    changed = departures(config.to_dict(), paper) if paper else {}
    return {
        "benchmark": config.benchmark,
        "variant": config.variant,
        "seeds": list(seeds),
        "metrics": {name: interval(np.atleast_1d(value), unit(name, units)) for name, value in values.items()},
        "selection": selection,
        "paper": config.reported.to_dict(),
        "differs_from_paper": [f"{name}: {ours} instead of {theirs}" for name, (ours, theirs) in changed.items()],
        "data": provenance,
        "wall_seconds": round(wall_seconds, 1),
        "device": device(devices),
        **({"cpu": cpu()} if devices[0].platform == "cpu" else {}),
        "versions": {name: importlib.metadata.version(name) for name in VERSIONS},
        "commit": ", ".join(commits),
        "command": command,
        "date": datetime.date.today().isoformat(),
    }


def interval(values: np.ndarray, unit: str) -> dict[str, Any]:
    """Mean and 95% t interval over seeds; no interval for a single seed."""
    entry = {"mean": float(values.mean()), "low": None, "high": None, "values": values.tolist(), "unit": unit}
    if len(values) > 1:
        reach = scipy.special.stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / np.sqrt(len(values))
        entry |= {"low": float(values.mean() - reach), "high": float(values.mean() + reach)}
    return entry


def families(metrics: Iterable[str]) -> dict[str, list[str]]:
    """Of metrics METRIC/NAME with many names, those names by metric: qa2 before qa10, what has no number last."""
    of: dict[str, list[str]] = {}
    for metric, _, name in (full.partition("/") for full in metrics):
        of.setdefault(metric, []).append(name)
    return {metric: sorted(names, key=_counted) for metric, names in of.items() if len(names) > MANY}


def line_by_line(metrics: Mapping[str, Any], paper: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """A table of the metrics METRIC/NAME with many names: its head, then a line a name, the paper's value last.

    What was measured while training, of so many names, is in the curves. Empty if there are no such metrics.
    """
    wide = {metric: names for metric, names in families(metrics).items() if not metric.startswith(NOT_TESTED)}
    lines: list[tuple[str, ...]] = [("", *wide, "paper")] if wide else []
    for name in dict.fromkeys(name for names in wide.values() for name in names):
        every = [f"{metric}/{name}" for metric in wide]
        ours = (f"{metrics[metric]['mean']:.4g}" if metric in metrics else "" for metric in every)
        theirs = next((str(paper[metric]["value"]) for metric in every if metric in paper), "")
        lines.append((name, *ours, theirs))
    return lines


def _counted(name: str) -> tuple[bool, str, int]:
    stem = name.rstrip("0123456789")
    return (name == stem, stem, int(name[len(stem) :] or 0))


def ablation(config: Mapping[str, Any], variant: Mapping[str, Any]) -> dict[str, Any]:
    """What flags made of a variant's model, task or training, by dotted name: not what the paper reports any more."""
    known = flatten(config)  # a setting that came later than the run is none of its ablations
    return {
        name: value
        for name, (value, _) in differences(config, variant).items()
        if name.split(".")[0] not in ("run", "evaluation") and name in known
    }


def judged(record: Mapping[str, Any], metrics: Sequence[str]) -> str:
    """Whether the mean is no worse than the paper's value; of several metrics, how many are not.

    What an ablation or a smoke run measures is not what the paper reports.
    """
    if record.get("ablation"):
        return "ablation"
    if record["variant"] == "smoke":
        return "no result: smoke run"
    distances = []
    for metric in metrics:
        theirs, ours = record["paper"][metric], record["metrics"][metric]["mean"]
        sign = 1 if theirs["better"] == "lower" else -1
        distances.append((sign * (ours - theirs["value"]), theirs["tolerance"]))
    met = sum(distance <= tolerance for distance, tolerance in distances)
    if len(metrics) > 1:
        return f"{met} of {len(metrics)} met"
    return "met" if met else f"short by {distances[0][0]:.3g}"


def unit(name: str, units: Mapping[str, str]) -> str:
    """The unit of `error` is also that of `test_error` and `error/qa1`; empty where none is stated."""
    metric = name.split("/")[0]
    return next((unit for known, unit in units.items() if metric in (known, *(f"{p}_{known}" for p in PARTS))), "")


def device(devices: Sequence[jax.Device]) -> str:
    """Number and kind of the devices, and of how many processes, as a reader would name them."""
    processes = len({device.process_index for device in devices})
    several = f", {processes} processes" if processes > 1 else ""
    if devices[0].platform == "cpu":
        virtual = f", {len(devices)} virtual devices" if len(devices) > 1 else ""
        return f"{os.cpu_count()}-core CPU ({platform.machine()}{virtual}{several})"
    return f"{len(devices)} x {devices[0].device_kind}{several}"


def cpu() -> dict[str, Any]:
    """What else a CPU's numbers may depend on: XLA's threads, and which operations our kernels did."""
    return {"threads": kernels.threads(), "kernels": kernels.lowered()}


@functools.cache  # asked for when a session starts: what is committed while it trains did not make its numbers
def commit() -> str:
    """The commit of this code base, marked when files differ from it; 'unknown' outside a checkout."""
    try:
        git = ["git", "-C", str(ROOT)]
        revision = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
        changed = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return revision.stdout.strip() + ("+changes" if changed.stdout.strip() else "")
