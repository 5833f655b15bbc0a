"""The command line of every experiment: flags and config in, a finished work directory out."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import jax
from absl import app, flags, logging
from ml_collections import ConfigDict, config_flags

from deepx.engine import choice, failure, hlo, hosts, joining
from deepx.engine import config as configuration
from deepx.engine.checkpoint import Checkpoints
from deepx.engine.ending import answering, terminated, unraisable
from deepx.engine.errors import UserError
from deepx.engine.experiment import Experiment
from deepx.engine.export import export_to
from deepx.engine.finish import completed, evaluate_selected, said, show
from deepx.engine.loop import Interrupted, NotFinite
from deepx.engine.program import Program
from deepx.engine.progress import Progress
from deepx.engine.record import commit
from deepx.engine.replicated import of_seeds
from deepx.engine.run import Run
from deepx.engine.usage import usage
from deepx.engine.workdir import Workdir, saved_steps, workdir_of
from deepx.files import cache
from deepx.nn.cpu import kernels

Build = Callable[[ConfigDict], Experiment]
ROOT = Path(__file__).resolve().parents[2]

CONFIG = config_flags.DEFINE_config_file(
    "config", None, "Config file, FILE[:variant]; single values change by --config.a.b=value."
)
WORKDIR = flags.DEFINE_string(
    "workdir", None, "Directory of the run: made, or resumed where it stands. Default: runs/BENCHMARK."
)
MODE = choice.define(
    "mode", "train", choice.MODES,
    "train: train to run.steps, test, report. eval: test the selected checkpoint of a work directory. "
    "predict: use it on what other flags give. export: write it as a program that needs JAX alone. "
    "replay: take the step that was not finite again.",
)  # fmt: skip
DATA_DIR = flags.DEFINE_string("data_dir", None, "Where prepared data sets are; default: TFDS_DATA_DIR.")
DEVICES = flags.DEFINE_integer("devices", 0, "Use the first N devices of every process; 0: all.", lower_bound=0)
DUMP_HLO = flags.DEFINE_boolean(
    "dump_hlo", False, "Write the programs of the run, as lowered and as compiled, and their memory into its hlo/."
)
COORDINATOR = flags.DEFINE_string(
    "coordinator", None, "HOST:PORT of process 0, where several processes train one run; --processes and --process too."
)
PROCESSES = flags.DEFINE_integer("processes", None, "How many processes train this run.", lower_bound=1)
PROCESS = flags.DEFINE_integer("process", None, "Which of them this is, from 0.", lower_bound=0)
HOSTS = choice.define(
    "hosts", None, ["auto"], "auto: SLURM, Open MPI or Cloud TPU says which of how many processes this is."
)
JOIN_WITHIN = flags.DEFINE_float(
    "join_within", 300.0, "Seconds within which all processes must have come.", lower_bound=1.0
)
STUCK_AFTER = flags.DEFINE_float(
    "stuck_after", 60.0, "Of several processes: minutes without a dispatch that comes back, evaluation included, after "
    "which all end.", lower_bound=0.01,
)  # fmt: skip


def main(build: Build) -> None:
    """Runs the experiment that `build` makes of the config.

    Exit status 0: done, or saved and resumable; 1: a step was not finite; 2: a mistake that the message says how to
    mend (DEEPX_TRACEBACK=1 shows where it arose); 3: another process of the run went away, or all stood still. What
    ends one process of a run ends all, with the same status.
    """
    logging.set_verbosity(logging.FATAL)  # Orbax narrates every save, and what fails is raised besides
    sys.unraisablehook = unraisable
    if not os.environ.get("JAX_COMPILATION_CACHE_DIR"):
        jax.config.update("jax_compilation_cache_dir", str(cache("xla")))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.3)
    with answering():
        app.run(lambda _: sys.exit(_run_with_others(build)), flags_parser=_parse)


def _parse(argv: list[str]) -> list[str]:
    """absl's parser, with config keys checked first and every mistake a UserError."""
    signal.signal(signal.SIGTERM, terminated)
    given = next((value for flag, value in configuration.flags_of(argv) if flag == "config"), None)
    if given is not None:
        path, _, variant = given.partition(":")
        configuration.check_overrides(argv, configuration.load(Path(path), variant or "paper"))
    try:
        if {"--help", "-help", "-h", "--helpshort"} & set(argv):
            _explain()
        if "--helpfull" in argv:
            return app.parse_flags_with_usage(argv)
        return flags.FLAGS(argv)
    except (flags.Error, AttributeError, ValueError, TypeError, OSError) as error:
        raise UserError(f"{str(error).strip().splitlines()[-1]}") from error


def _explain() -> NoReturn:
    """Says what the experiment is and takes."""
    main_module = sys.modules["__main__"]
    module = getattr(main_module.__spec__, "name", "")
    print(usage(module, main_module.__doc__ or "", ROOT / "configs" / module.rpartition(".")[2]))
    sys.exit(0)


def _run_with_others(build: Build) -> int:
    place = _place()
    if place is None:
        return _run(build)
    given = {} if CONFIG.value is None else {f"config.{k}": v for k, v in configuration.flatten(CONFIG.value).items()}
    facts = {"mode": MODE.value, "workdir": WORKDIR.value, "devices": DEVICES.value, "code": commit(), **given}
    joining.join(place, facts, JOIN_WITHIN.value)
    status = _run(build)
    joining.leave()
    return status


def _place() -> joining.Place | None:
    """Which of several processes this is; None where there is one, of which nothing was said."""
    given = (COORDINATOR.value, PROCESS.value, PROCESSES.value)
    if HOSTS.value is None:
        return None if given == (None, None, None) else joining.checked(*given)
    if given != (None, None, None):
        raise UserError("--hosts=auto finds --coordinator, --processes and --process: leave them out.")
    place = joining.detected()
    return place if place.processes > 1 else None


def _run(build: Build) -> int:
    if WORKDIR.value is None and CONFIG.value is None:
        raise UserError("Say what to run, --config=FILE[:variant], or where a run already lives, --workdir=DIR.")
    path = directory(CONFIG.value)
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
    devices = _devices()
    if DATA_DIR.value is not None:
        os.environ["TFDS_DATA_DIR"] = DATA_DIR.value
    workdir.check(config)
    paper = _paper(config)
    if MODE.value == "train":
        _introduce(config, paper)
    try:
        program = Program(of_seeds(build(config), run.replicas), run, devices)
    except (ValueError, OSError) as error:
        reason = str(error).partition("\n---")[0]  # without what JAX adds about its traceback
        raise UserError(f"{config.benchmark} cannot be built: {reason}") from error
    if MODE.value == "replay":
        diagnosis = failure.replay(program, workdir.path)
        if hosts.primary():
            print(diagnosis)
        return 0
    if DUMP_HLO.value and hosts.primary():
        hlo.dump(program, workdir.path / "hlo")
    checkpoints = Checkpoints(workdir.path / "checkpoints", run)
    hosts.resume_from(lambda: _resumes(workdir.path))
    try:
        if MODE.value == "eval":
            return evaluate_selected(program, checkpoints, workdir)
        if MODE.value == "predict":
            return predict(program, checkpoints)
        if MODE.value == "export":
            return export(program, checkpoints, workdir)
        return _train(program, checkpoints, workdir, config, paper)
    finally:
        checkpoints.close()


def directory(config: ConfigDict) -> Path:
    """Where the run of a config lives: what --workdir says, else its ordinary place."""
    return Path(WORKDIR.value or workdir_of(config.benchmark, config.variant))


def _train(program: Program, checkpoints: Checkpoints, workdir: Workdir, config: ConfigDict, paper: dict | None) -> int:
    with Progress(config.benchmark, program.run.steps, quiet=not hosts.primary()) as progress:
        try:
            interrupt = hosts.interrupt(lambda: progress.step, 60 * STUCK_AFTER.value)
            record = completed(program, checkpoints, workdir, config, paper, progress, interrupt, command())
        except Interrupted as stop:
            everywhere = " on every host" if hosts.several() else ""
            progress.say(f"{stop} Resume with the same command{everywhere}:\n  {command()}")
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
    if record is None:
        return 0  # the first process shows it
    show(record["metrics"], record["paper"])
    print(f"Done. {workdir.path}/report.html shows it, {workdir.path}/result.json keeps it.", file=sys.stderr)
    return 0


def predict(program: Program, checkpoints: Checkpoints) -> int:
    """`--mode=predict`: the experiment's own use of the selected state. Raises UserError where it has none."""
    if program.experiment.predict is None:
        raise UserError("This benchmark has no --mode=predict.")
    state = program.gathered(checkpoints.selected(program.abstract(), said).carry.state)
    if hosts.primary():
        program.experiment.predict(state)
    return 0


def export(program: Program, checkpoints: Checkpoints, workdir: Workdir) -> int:
    """`--mode=export`: the selected state as a program of its own. Raises UserError where an experiment has none."""
    if program.experiment.serve is None:
        raise UserError("This benchmark has no --mode=export.")
    carry = checkpoints.selected(program.abstract(), said).carry
    state = program.gathered(carry.state)
    if hosts.primary():
        folder, config = workdir.path / "export", workdir.config()
        about = {name: config[name] for name in ("benchmark", "variant")}
        export_to(folder, program.experiment.serve(state), about | {"step": int(carry.step), "commit": commit()})
        print(f"{folder}: program.bin with its weights, signature.json, and run.py, which runs it anywhere.")
    return 0


def _devices() -> list[jax.Device]:
    """Those of all processes, the first --devices of each."""
    here = jax.local_devices()
    if DEVICES.value > len(here):
        raise UserError(f"--devices={DEVICES.value}, but this machine has {len(here)}.")
    count = DEVICES.value or len(here)
    hosts.alike("a number of devices of", count)
    return [device for i in range(jax.process_count()) for device in jax.local_devices(process_index=i)[:count]]


def _resumes(workdir: Path) -> str:
    steps = saved_steps(workdir)
    where = f"resumes at step {steps[0]}" if steps else "begins anew, as nothing was saved yet"
    return f"Give the same command on every host: the run {where}."


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
    said(f"{config.benchmark}, variant {config.variant}: {config.cost}. {against}")


def command() -> str:
    """The command that was given, as one would type it again."""
    module = getattr(sys.modules["__main__"].__spec__, "name", sys.argv[0])
    return os.environ.get("DEEPX_COMMAND") or shlex.join(["python", "-m", module, *sys.argv[1:]])
