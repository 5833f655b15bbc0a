"""Trials of `fake_trial.py`, for tests of what carries trials out."""

from pathlib import Path

from experiments.sweep_trials import Trial

PROGRAM = Path(__file__).with_name("fake_trial.py")
STEPS = 5


def fakes(folder: Path, n: int, steps: int = STEPS, **flags: object) -> list[Trial]:
    """Trials that differ in where the map begins."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sweep.json").write_text("{}")
    return [fake(folder, 0.1 + 0.01 * i, steps, **flags) for i in range(n)]


def fake(folder: Path, x: float, steps: int = STEPS, **flags: object) -> Trial:
    name = f"x={x:.2f}"
    given = {"workdir": (folder / "trials" / name).absolute(), "x": x, "steps": steps, **flags}
    command = [str(PROGRAM), *(f"--{flag}={value}" for flag, value in given.items())]
    return Trial(name, {"x": x}, command, f"fake {name}", folder, steps)


def end_of(x: float, steps: int = STEPS) -> float:
    """Where the map gets to, undisturbed."""
    for _ in range(steps):
        x = 3.9 * x * (1 - x)
    return x
