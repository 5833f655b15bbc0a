"""`./scripts/plan`: what a run takes on devices that need not be here, from the programs that it would compile.

    ./scripts/plan --config=configs/resnet/cifar10_resnet20.py:paper --devices=tpu-v5e-8
    ./scripts/plan --config=configs/gan/srresnet.py:paper --devices=a100-40 --config.batch_size=64
    ./scripts/plan --config=configs/ntm/copy.py:cpu --devices=cpu --measure  # and a few real steps

The training program is divided over as many virtual devices and compiled for them by XLA's compiler for CPUs, which
says what memory one of them needs; nothing is computed. --compiler=tpu asks the TPU's own compiler instead, which needs
no TPU but its library, pip install "jax[tpu]". FLOPs and bytes are counted from the program before it is compiled, with
loops as often as they run (deepx/analysis/cost.py). --utilisation=0.4 is the part of the devices' best rate that is
expected of matrix products.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
from absl import flags
from ml_collections import ConfigDict, config_flags
from rich.console import Console

from deepx.data.errors import DataNotPrepared
from deepx.engine import choice
from deepx.engine import config as configuration
from deepx.engine.errors import UserError
from deepx.engine.experiment import Experiment
from deepx.engine.replicated import of_seeds
from deepx.engine.run import Run
from deepx.engine.usage import fitted
from experiments import plan_devices, plan_measured, plan_report
from experiments.plan_devices import Device
from experiments.plan_estimate import needed, plan

ROOT = Path(__file__).resolve().parents[1]
NOT_HERE = 'pip install "jax[tpu]" brings it; without it, --compiler=cpu estimates'


def built(config: ConfigDict) -> tuple[Experiment, Run]:
    """The experiment of a config. Raises UserError where it cannot be made, as where its data are not here."""
    run = Run(**config.run)
    try:
        experiment = build_of(config)(config)
    except DataNotPrepared as error:
        raise UserError(
            f"The shapes of {config.benchmark}:{config.variant} come with its data, which are not here: {error}"
            + instead(config)
        ) from error
    except (ValueError, OSError) as error:
        raise UserError(f"{config.benchmark} cannot be built: {str(error).partition(chr(10))[0]}") from error
    return of_seeds(experiment, run.replicas), run


def build_of(config: ConfigDict) -> Callable[[ConfigDict], Experiment]:
    return importlib.import_module(f"experiments.{config.benchmark.split('/')[0]}").build


def instead(config: ConfigDict) -> str:
    """A sentence that names the first variant whose data are here."""
    path = ROOT / "configs" / f"{config.benchmark}.py"
    for variant in ("cpu", "smoke"):
        try:
            other = configuration.load(path, variant)
            build_of(other)(other)
        except (UserError, ValueError, OSError):
            continue
        return (
            f" Those of the variant :{variant} are here; the sizes that matter can be given to it, --config.a.b=value."
        )
    return ""


def places(device: Device, number: int, compiler: str) -> list[Any]:
    """What is compiled for: virtual CPU devices, or a TPU slice that need not exist. Raises UserError."""
    if compiler == "cpu":
        return jax.devices("cpu")[:number]
    if device.topology is None:
        raise UserError("--compiler=tpu compiles for TPUs: --devices=tpu-v5e-16.")
    # Else it asks the network which TPU this is, and complains.
    absent = {"TPU_SKIP_MDS_QUERY": "1", "TPU_WORKER_HOSTNAMES": "localhost", "TPU_ACCELERATOR_TYPE": "v5litepod-1"}
    os.environ.update({**absent, **os.environ})
    from jax.experimental import topologies

    try:
        # Two cores of a v4 are one device, as they are where it runs.
        options = {"chip_config_name": "megacore"} if device.topology[1] == 3 else {}
        return list(topologies.get_topology_desc(plan_devices.shape(device, number), "tpu", **options).devices)
    except RuntimeError as error:
        raise UserError(f"The TPU's compiler is not here ({str(error).splitlines()[0]}): {NOT_HERE}.") from error


def parsed(argv: list[str]) -> Any:
    """The flags, apart from those of the experiments, which have other meanings."""
    values = flags.FlagValues()
    config_flags.DEFINE_config_file("config", None, "FILE[:variant].", flag_values=values)
    flags.DEFINE_string("devices", "cpu", "NAME or NAME-N.", flag_values=values)
    flags.DEFINE_float("utilisation", 0.4, "Part of the best rate.", 0.001, 1.0, flag_values=values)
    choice.define("compiler", "cpu", ("cpu", "tpu"), "Who says what memory it takes.", flag_values=values)
    flags.DEFINE_boolean("measure", False, "Take a few steps here.", flag_values=values)
    flags.DEFINE_string("data_dir", None, "Where prepared data sets are.", flag_values=values)
    given = next((value for flag, value in configuration.flags_of(argv[1:]) if flag == "config"), None)
    if given is None:
        raise UserError("Say what to plan: --config=FILE[:variant] --devices=NAME-N.")
    path, _, variant = given.partition(":")
    configuration.check_overrides(argv, configuration.load(Path(path), variant or "paper"))
    try:
        values(argv)
    except (flags.Error, AttributeError, ValueError, TypeError, OSError) as error:
        raise UserError(str(error).strip().splitlines()[-1]) from error
    if values.measure and values.devices != "cpu":
        raise UserError("--measure takes steps on this machine: it goes with --devices=cpu.")
    return values


def main(argv: list[str]) -> None:
    if len(argv) < 2 or {"-h", "--help"} & set(argv):
        print(fitted(__doc__))
        return
    try:
        values = parsed(argv)
        config = values.config
        jax.config.update("jax_platforms", "cpu")
        name, number = plan_devices.named(values.devices)
        jax.config.update("jax_num_cpu_devices", number if values.compiler == "cpu" else 1)
        device = plan_devices.device_of(name)
        if values.data_dir is not None:
            os.environ["TFDS_DATA_DIR"] = values.data_dir
        experiment, run = built(config)
        where = places(device, number, values.compiler)
        found = plan(experiment, run, device, where, values.utilisation)
    except UserError as error:
        print(f"deepx: {error}", file=sys.stderr)
        sys.exit(2)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(plan_report.table(found, config, run, name, device, number, values.utilisation, values.compiler))
    for sentence in needed(found, device, number, config):
        console.print(sentence)
    if values.measure:
        measured = plan_measured.measure(experiment, run)
        console.print(plan_report.comparison(found, measured, device))


if __name__ == "__main__":
    main(sys.argv)
