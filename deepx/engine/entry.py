"""The command line of every experiment: flags and config in, a finished work directory out."""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import jax
from absl import app, flags, logging
from ml_collections import ConfigDict, config_flags

from deepx.engine import config as configuration
from deepx.engine import failure
from deepx.engine.checkpoint import Checkpoints
from deepx.engine.errors import UserError
from deepx.engine.experiment import Experiment
from deepx.engine.finish import evaluate_selected, finish, show
from deepx.engine.interrupt import Interrupt
from deepx.engine.loop import Interrupted, NotFinite, refuse_fewer_steps, train
from deepx.engine.program import Program
from deepx.engine.progress import Progress
from deepx.engine.record import commit
from deepx.engine.replicated import replicated
from deepx.engine.run import Run
from deepx.engine.workdir import Workdir, workdir_of
from deepx.nn.cpu import kernels

Build = Callable[[ConfigDict], Experiment]
ROOT = Path(__file__).resolve().parents[2]
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

CONFIG = config_flags.DEFINE_config_file(
    "config", None, "Config file, FILE[:variant]; single values change by --config.a.b=value."
)
WORKDIR = flags.DEFINE_string(
    "workdir", None, "Directory of the run: made, or resumed where it stands. Default: runs/BENCHMARK."
)
MODE = flags.DEFINE_enum(
    "mode", "train", ["train", "eval", "predict", "replay"],
    "train: train to run.steps, test, report. eval: test the selected checkpoint of a work directory. "
    "predict: use it on what other flags give. "
    "replay: take the step that was not finite again.",
)  # fmt: skip
DATA_DIR = flags.DEFINE_string("data_dir", None, "Where prepared data sets are; default: TFDS_DATA_DIR.")
DEVICES = flags.DEFINE_integer("devices", 0, "Use the first N local devices; 0: all.", lower_bound=0)


def main(build: Build) -> None:
    """Runs the experiment that `build` makes of the config.

    Exit status 0: done, or saved and resumable; 1: a step was not finite; 2: a mistake that the message says how to
    mend (DEEPX_TRACEBACK=1 shows where it arose).
    """
    logging.set_verbosity(logging.FATAL)  # Orbax narrates every save, and what fails is raised besides
    sys.unraisablehook = _unraisable
    if not os.environ.get("JAX_COMPILATION_CACHE_DIR"):
        cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "deepx" / "xla"
        jax.config.update("jax_compilation_cache_dir", str(cache))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.3)
    with _answering():
        app.run(lambda _: sys.exit(_run(build)), flags_parser=_parse)


def _parse(argv: Sequence[str]) -> list[str]:
    """absl's parser, with config keys checked first and every mistake a UserError."""
    signal.signal(signal.SIGTERM, _terminated)
    given = next((value for flag, value in configuration.flags_of(argv) if flag == "config"), None)
    if given is not None:
        path, _, variant = given.partition(":")
        configuration.check_overrides(argv, configuration.load(Path(path), variant or "paper"))
    try:
        if any(a.lstrip("-") in ("help", "helpfull", "helpshort") for a in argv):
            return app.parse_flags_with_usage(argv)
        return flags.FLAGS(argv)
    except (flags.Error, AttributeError, ValueError, TypeError, OSError) as error:
        raise UserError(f"{str(error).strip().splitlines()[-1]}") from error


def _run(build: Build) -> int:
    if WORKDIR.value is None and CONFIG.value is None:
        raise UserError("Say what to run, --config=FILE[:variant], or where a run already lives, --workdir=DIR.")
    path = Path(WORKDIR.value or workdir_of(CONFIG.value.benchmark, CONFIG.value.variant))
    if not (path / "config.json").exists() and (CONFIG.value is None or MODE.value != "train"):
        raise UserError(f"{path} holds no run yet. Begin one there with --config=FILE[:variant].")
    commit()
    try:
        kernels.enable()
    except ValueError as error:
        raise UserError(str(error)) from error
    workdir = Workdir(path)
    config = CONFIG.value or workdir.config()
    _check_family(config)
    run = Run(**config.run)
    devices = jax.local_devices()
    if DEVICES.value > len(devices):
        raise UserError(f"--devices={DEVICES.value}, but this machine has {len(devices)}.")
    if DATA_DIR.value is not None:
        os.environ["TFDS_DATA_DIR"] = DATA_DIR.value
    workdir.check(config)
    paper = _paper(config)
    _introduce(config, paper)
    try:
        experiment = build(config)
        if run.replicas > 1:
            experiment = replicated(experiment, run.replicas)
        program = Program(experiment, run, devices[: DEVICES.value or None])
    except (ValueError, OSError) as error:
        reason = str(error).partition("\n---")[0]  # without what JAX adds about its traceback
        raise UserError(f"{config.benchmark} cannot be built: {reason}") from error
    if MODE.value == "replay":
        print(failure.replay(program, workdir.path))
        return 0
    checkpoints = Checkpoints(workdir.path / "checkpoints", run)
    try:
        if MODE.value == "eval":
            return evaluate_selected(program, checkpoints, workdir)
        if MODE.value == "predict":
            return predict(program, checkpoints)
        refuse_fewer_steps(checkpoints, run.steps)
        workdir.claim(config)
        if max(checkpoints.steps(), default=0) < run.steps:
            workdir.reopen()
        return _train(program, checkpoints, workdir, config, paper)
    finally:
        checkpoints.close()


def _train(program: Program, checkpoints: Checkpoints, workdir: Workdir, config: ConfigDict, paper: dict | None) -> int:
    with Progress(config.benchmark, program.run.steps) as progress:
        try:
            with Interrupt() as interrupt:
                trained = train(program, checkpoints, workdir.path, progress, interrupt)
        except Interrupted as stop:
            progress.say(f"{stop} Resume with the same command:\n  {command()}")
            return 0
        except NotFinite as bad:
            batch = program.batch_at(int(bad.carry.step))
            diagnosis = failure.diagnose(program, bad.carry, batch)
            bundle = failure.save_bundle(workdir.path, bad.carry, batch, diagnosis)
            kept = checkpoints.steps()
            progress.say(
                f"{diagnosis}\n  Kept: the state before the step and its batch in {bundle}; see it again with "
                f"--workdir={workdir.path} --mode=replay. " + (f"Last good checkpoint: step {kept[0]}." if kept else "")
            )
            return 1
        record = None if trained.steps_taken else workdir.result()
        if record is not None:
            progress.say(
                f"This run was complete on {record['date']}. Delete its result.json to test and draw it again."
            )
        else:
            record = finish(program, checkpoints, trained, workdir, config, paper, progress, command())
    show(record["metrics"], record["paper"])
    print(f"Done. {workdir.path}/report.html shows it, {workdir.path}/result.json keeps it.", file=sys.stderr)
    return 0


def predict(program: Program, checkpoints: Checkpoints) -> int:
    """`--mode=predict`: the experiment's own use of the selected state. Raises UserError where it has none."""
    if program.experiment.predict is None:
        raise UserError("This benchmark has no --mode=predict.")
    selected = checkpoints.selected(program.abstract(), lambda text: print(text, file=sys.stderr))
    program.experiment.predict(selected.carry.state)
    return 0


def _check_family(config: ConfigDict) -> None:
    """A config of configs/ntm runs with experiments.ntm."""
    family, module = config.benchmark.split("/")[0], getattr(sys.modules["__main__"].__spec__, "name", "")
    if module.startswith("experiments.") and module != f"experiments.{family}":
        raise UserError(f"{config.benchmark} is run by experiments.{family}, not by {module}.")


def _paper(config: ConfigDict) -> dict | None:
    path = ROOT / "configs" / f"{config.benchmark}.py"
    return configuration.load(path, "paper").to_dict() if path.is_file() else None


def _introduce(config: ConfigDict, paper: dict | None) -> None:
    changed = configuration.departures(config.to_dict(), paper) if paper else {}
    width = max(map(len, changed), default=0)
    table = "".join(f"\n  {name:{width}}  {ours}  (paper: {theirs})" for name, (ours, theirs) in changed.items())
    against = f"Against the paper's settings:{table}" if table else "The paper's settings."
    print(f"{config.benchmark}, variant {config.variant}: {config.cost}. {against}", file=sys.stderr, flush=True)


def command() -> str:
    """The command that was given, as one would type it again."""
    module = getattr(sys.modules["__main__"].__spec__, "name", sys.argv[0])
    return os.environ.get("DEEPX_COMMAND") or shlex.join(["python", "-m", module, *sys.argv[1:]])


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    """A context in which mistakes, a full disk and Ctrl-C end in one paragraph."""
    try:
        yield
    except KeyboardInterrupt:
        print(
            "\ndeepx: Stopped. What was saved stays; the same command goes on from there.", file=sys.stderr, flush=True
        )
        os._exit(130)
    except Exception as error:
        if isinstance(error, UserError):
            text = str(error)
        elif _disk_full(error):
            text = (
                f"No space left while writing ({str(error).splitlines()[0][:200]}). Free some, then give the same "
                "command: the last complete checkpoint stays and the run resumes from it."
            )
        else:
            raise
        if os.environ.get("DEEPX_TRACEBACK"):
            traceback.print_exception(error)
        print(f"deepx: {text}", file=sys.stderr, flush=True)
        os._exit(2)  # background writers may be stuck on the same full disk: nothing of theirs is waited for


def _terminated(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    if "Event loop is closed" not in str(unraisable.exc_value):  # the echo of a read or write that was reported
        sys.__unraisablehook__(unraisable)


def _disk_full(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        if any(words in str(error) for words in ("No space left on device", "Disk quota exceeded", "File too large")):
            return True
        error = error.__cause__ or error.__context__
    return False
