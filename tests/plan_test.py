"""What a run is said to take on devices that are not here, held against what is known."""

import dataclasses
import os
import subprocess
import time
from collections import Counter
from pathlib import Path

import commands
import jax
import pytest
import toy
from ml_collections import ConfigDict
from rich.console import Console

from deepx.analysis.cost import Cost
from deepx.engine.config import load
from deepx.engine.errors import UserError
from experiments import plan, plan_devices, plan_measured, plan_report, reproduce
from experiments.plan_devices import DEVICES, Device
from experiments.plan_estimate import Plan, needed
from experiments.plan_estimate import plan as planned
from experiments.plan_measured import Measured

DEVICE = Device(1e9, {"float32": 1e12, "bfloat16": 4e12}, 1e11)


def smoke(name, **changes):
    config = load(reproduce.CONFIGS / f"{name}.py", "smoke").unlock()
    config.update_from_flattened_dict(changes)
    return config


def call(*argv: str) -> subprocess.CompletedProcess:
    return commands.call("experiments.plan", *argv, TFDS_DATA_DIR="none")


def test_names_of_devices():
    assert plan_devices.named("tpu-v5e-64") == ("tpu-v5e", 64)
    assert plan_devices.named("a100-40") == ("a100-40", 1) and plan_devices.named("a100-40-8") == ("a100-40", 8)
    assert plan_devices.named("cpu") == ("cpu", 1)
    for wrong in ("tpu-v5e-0", "tpu-v5e-x", "v5e-8", "cpu-4", "", "a100", "h100-"):
        with pytest.raises(UserError, match="names no devices that are known"):
            plan_devices.named(wrong)
    with pytest.raises(UserError, match="Did you mean 'tpu-v6e'"):
        plan_devices.named("tpu-v6-8")


def test_shapes_of_slices():
    of = lambda name, n: plan_devices.shape(DEVICES[name], n)  # noqa: E731
    assert [of("tpu-v5e", n) for n in (4, 8, 16, 32, 256)] == ["v5e:2x2", "v5e:2x4", "v5e:4x4", "v5e:4x8", "v5e:16x16"]
    assert [of("tpu-v4", n) for n in (4, 8, 16, 32, 64)] == ["v4:2x2x1", "v4:2x2x2", "v4:2x2x4", "v4:2x4x4", "v4:4x4x4"]
    for n in (1, 12, 512):
        with pytest.raises(UserError, match="whole slices"):
            of("tpu-v6e", n)


@pytest.mark.parametrize("host", [False, True])
@pytest.mark.parametrize("number", [1, 4])
def test_a_linear_regression_takes_what_one_counts_by_hand(number, host):
    """Four parameters, Adam's moments and counter, one number of statistics; 40 examples of 4 numbers, or batches."""
    made = planned(toy.experiment(host=host), toy.RUN, DEVICE, jax.devices()[:number], 0.5)
    assert [made.memory[p] for p in ("parameters", "optimiser", "other state")] == [16, 2 * 16 + 4, 4]
    assert made.memory["training data"] == (0 if host else 4 * 40 * 4)
    assert made.memory["evaluation data"] == 2 * 4 * 11 * 4
    if host:  # of the batches of four steps a part, twice; with the keys and the counter besides
        assert 0 <= made.memory["training batches"] - 2 * 4 * (8 // number) * 4 * 4 < 100
    assert made.cost.products.total() == 2 * 2 * 8 * 3  # the prediction and the gradient of w
    assert made.seconds >= made.cost.products.total() / number / (0.5 * 1e12)


def test_a_step_costs_the_same_however_many_are_taken_a_call():
    one, four = (
        planned(toy.experiment(), dataclasses.replace(toy.RUN, steps_per_call=k), DEVICE, jax.devices()[:1], 0.5).cost
        for k in (1, 4)
    )
    assert one.products == four.products
    assert one.bytes == pytest.approx(four.bytes, rel=0.1)


def test_time_is_bound_by_what_takes_longer():
    starved, slow = DEVICE._replace(bandwidth=1e3), DEVICE._replace(products={"float32": 1e3})
    found = [planned(toy.experiment(), toy.RUN, device, jax.devices()[:1], 0.5) for device in (starved, slow)]
    assert [one.bound for one in found] == ["memory", "products"]
    assert found[1].seconds == pytest.approx(found[1].cost.products.total() / 500)


def found(activations: float, parameters: float = 1e8) -> Plan:
    return Plan({"parameters": parameters, "activations and temporaries": activations}, Cost(), 1.0, "memory")


def test_what_would_make_it_fit():
    config = ConfigDict({"batch_size": 64, "accumulate": 1, "run": {}})
    assert needed(found(8e8), DEVICE, 2, config) == []
    (told,) = needed(found(2e9), DEVICE, 2, config)  # 0.9 GB are left for 2: a quarter
    assert "8 devices" in told and "--config.batch_size=16" in told and "--config.accumulate=4" in told
    (told,) = needed(found(1e9, parameters=2e9), DEVICE, 2, config)
    assert "however small the batch" in told


def test_tables_say_whether_it_fits():
    config = smoke("gan/toy_density")
    _, run = plan.built(config)
    for activations, word in ((1e8, "of 1 GB: fits"), (1e10, "of 1 GB: DOES NOT FIT")):
        console = Console(width=160, record=True, file=open(os.devnull, "w"))
        console.print(plan_report.table(found(activations), config, run, "x", DEVICE, 4, 0.4, "cpu"))
        assert word in console.export_text()


def test_numbers_are_written_with_three_digits():
    assert [plan_report.of(n) for n in (0, 12, 1234, 5.6e7, 7.89e16)] == ["0 ", "12 ", "1.23 k", "56 M", "78.9 P"]
    spans = (2.4e-6, 0.0123, 1.5, 300, 9000, 864000)
    assert [plan_report.duration(s) for s in spans] == ["2.4 us", "12.3 ms", "1.5 s", "5 min", "2.5 h", "10 days"]


def test_data_that_are_not_here_are_told_with_what_can_be_planned(monkeypatch, tmp_path):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    with pytest.raises(
        UserError, match="come with its data, which are not here: .*prepare_data.*variant :smoke are here"
    ):
        plan.built(load(reproduce.CONFIGS / "resnet" / "cifar10_resnet20.py", "paper"))


def test_the_command_plans_for_devices_that_are_not_here():
    ended = call("--config=configs/gan/toy_density.py:smoke", "--devices=tpu-v5e-2", "--config.batch_size=6")
    assert ended.returncode == 0, ended.stderr
    assert "gan/toy_density:smoke on 2 x tpu-v5e" in ended.stdout and "3 a device" in ended.stdout
    assert "of 16 GB: fits" in ended.stdout and "bound by memory, 819 GB/s" in ended.stdout


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ([], "Say what to plan"),
        (["--config=configs/ntm/copy.py:smoke", "--devices=h200"], "names no devices"),
        (["--config=configs/ntm/copy.py:smoke", "--config.batch_sise=3"], "Did you mean 'batch_size'"),
        (["--config=configs/ntm/copy.py:smoke", "--devices=h100", "--measure"], "goes with --devices=cpu"),
        (["--config=configs/ntm/copy.py:smoke", "--utilisation=2"], "utilisation"),
    ],
)
def test_mistakes_are_told(capsys, argv, told):
    with pytest.raises(SystemExit) as ended:
        plan.main(["plan", *argv, "--devices=h100"] if not argv else ["plan", *argv])
    assert ended.value.code == 2 and told in capsys.readouterr().err


def test_compiling_for_tpus_is_for_tpus():
    with pytest.raises(UserError, match="compiles for TPUs"):
        plan.places(DEVICES["h100"], 8, "tpu")


@pytest.mark.parametrize(("name", "number"), [("tpu-v4", 16), ("tpu-v5e", 8), ("tpu-v5p", 4), ("tpu-v6e", 32)])
def test_a_slice_that_is_compiled_for_has_a_device_a_chip(name, number):
    pytest.importorskip("libtpu")
    assert len(plan.places(DEVICES[name], number, "tpu")) == number


def test_what_is_measured_stands_beside_what_was_planned():
    made = Plan({"activations and temporaries": 1e6}, Cost(), 2.0, "memory")
    made = made._replace(cost=Cost(Counter({"float32": 1e9})))
    console = Console(width=160, record=True, file=open(os.devnull, "w"))
    console.print(plan_report.comparison(made, Measured(4.0, 3e6, "none"), DEVICE))
    rows = [line.split() for line in console.export_text().splitlines()]
    assert ["time", "of", "a", "step", "2", "s", "4", "s"] in [row[:8] for row in rows]
    assert ["products", "500", "MFLOP/s", "250", "MFLOP/s"] in [row[:5] for row in rows]
    assert ["temporaries", "1", "MB", "3", "MB"] in [row[:5] for row in rows]


def test_steps_are_taken_and_their_time_and_memory_measured(monkeypatch):
    monkeypatch.setattr(plan_measured, "LEAST", 0.05)
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("needs Linux")
    measured = plan_measured.measure(toy.experiment(), toy.RUN)
    assert 0 < measured.seconds < 5 and measured.memory < 1e9


def test_the_fastest_of_several_calls_counts():
    pauses = iter([0, 0.03, 0.01, 0.03])  # the first is not counted
    assert 0.01 <= plan_devices._fastest(lambda: time.sleep(next(pauses)), times=3) < 0.03
