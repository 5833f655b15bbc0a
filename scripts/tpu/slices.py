"""Cloud TPU slices by Google's command-line tool: what `create`, `setup`, `run` and `delete` beside this file do.

Each prints the commands it would give; with --go it gives them. Only the standard library is used. docs/accelerators.md
says what they do and what they cost.
"""

import argparse
import re
import shlex
import subprocess
import sys
from pathlib import Path

FOLDER = "deepx"  # where the project lies on the TPU's machine, in the user's home
JAX = "jax[tpu]=={version}"
LOCK = Path(__file__).resolve().parents[2] / "requirements.lock"

# Generation -> its name in an accelerator type, what a chip counts there, its image, the chips of one machine.
# https://cloud.google.com/tpu/docs/runtimes, https://cloud.google.com/tpu/docs/v5e (and v4, v5p, v6e)
GENERATIONS = {
    "v4": ("v4", 2, "tpu-ubuntu2204-base", 4),
    "v5e": ("v5litepod", 1, "v2-alpha-tpuv5-lite", 8),
    "v5p": ("v5p", 2, "v2-alpha-tpuv5", 4),
    "v6e": ("v6e", 1, "v2-alpha-tpuv6e", 8),
}
SHAPES = {
    "name": (
        r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?",
        "1 to 63 small letters, digits and dashes, a letter first, no dash last",
    ),
    "project": (
        r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
        "6 to 30 small letters, digits and dashes, a letter first, no dash last",
    ),
    "zone": (r"[a-z]+-[a-z]+\d+-[a-z]", "like us-west4-a"),
    "slice": (rf"({'|'.join(GENERATIONS)})-[1-9]\d*", f"GENERATION-CHIPS, like v5e-8, of {', '.join(GENERATIONS)}"),
    "revision": (r"\w[\w./-]*", "a branch, a tag or a commit"),
    "repository": (r"(https://|git@|ssh://)\S+", "https://..., ssh://... or git@..."),
}


def checked(kind):
    """The type of an argument: text of that shape, or a message that says which."""
    pattern, told = SHAPES[kind]

    def parse(text):
        if not re.fullmatch(pattern, text):
            raise argparse.ArgumentTypeError(f"{text!r} is no {kind}: it must be {told}")
        return text

    return parse


def several_machines(chips):
    """Whether a slice has more than one machine, for each of which a process must run."""
    generation, number = chips.split("-")
    return int(number) > GENERATIONS[generation][3]


def create(given):
    """Asks for a slice. With --spot by a queue: it comes when there is room, and may be taken away."""
    generation, chips = given.slice.split("-")
    name, per_chip, image, _ = GENERATIONS[generation]
    accelerator = f"--accelerator-type={name}-{int(chips) * per_chip}"
    if given.spot:
        queued = ["queued-resources", "create", given.name, f"--node-id={given.name}", "--spot"]
        return [gcloud(given, *queued, accelerator, f"--runtime-version={image}")]
    return [gcloud(given, "tpu-vm", "create", given.name, accelerator, f"--version={image}")]


def setup(given):
    """Brings the project and its environment onto every machine of the slice. Can be given again."""
    version = re.findall(r"(?m)^jax==(\S+)", LOCK.read_text())[0]
    folder, repository, revision = map(shlex.quote, (FOLDER, given.repository, given.revision))
    steps = [
        "sudo apt-get update -qq && sudo apt-get install -y -qq git python3.11 python3.11-venv",
        f"(test -d {folder} || git clone -q {repository} {folder}) && cd {folder}",
        f"git fetch -q origin {revision} && git checkout -q FETCH_HEAD",
        "python3.11 scripts/reproduce --list > /dev/null",
        f".venv/bin/pip install -q {shlex.quote(JAX.format(version=version))}",
        """.venv/bin/python -c 'import libtpu; print("ready", libtpu.__path__[0])'""",
    ]
    return [over_ssh(given, "all", " && ".join(steps))]


def run(given):
    """Starts a benchmark, which goes on when the connection ends; the same command resumes it."""
    on_all = several_machines(given.slice)
    arguments = [*given.command, *(["--hosts=auto"] if on_all else [])]
    command = shlex.join(["./scripts/reproduce", *arguments])
    started = f"cd {FOLDER} && (nohup {command} > run.log 2>&1 < /dev/null &)"
    commands = [over_ssh(given, "all" if on_all else "0", started)]
    if given.watch:
        commands.append(over_ssh(given, "0", f"tail -n +1 -f {FOLDER}/run.log"))
    return commands


def delete(given):
    """Gives a slice back, and with it what is on its disk; from then on it costs nothing."""
    if given.spot:
        return [gcloud(given, "queued-resources", "delete", given.name, "--force", "--quiet")]
    return [gcloud(given, "tpu-vm", "delete", given.name, "--quiet")]


def gcloud(given, *arguments):
    return ["gcloud", "compute", "tpus", *arguments, f"--zone={given.zone}", f"--project={given.project}"]


def over_ssh(given, worker, command):
    return gcloud(given, "tpu-vm", "ssh", given.name, f"--worker={worker}", f"--command={command}")


EXAMPLES = """\
one after another, first without --go, which only prints what would be done:
  scripts/tpu/create mine --zone=us-west4-a --project=mine --slice=v5e-8 --spot --go
  scripts/tpu/setup mine --zone=us-west4-a --project=mine --repository=https://HOST/deepx.git --go
  scripts/tpu/run mine --zone=us-west4-a --project=mine --slice=v5e-8 --watch --go -- ntm/copy:paper
  scripts/tpu/delete mine --zone=us-west4-a --project=mine --spot --go
"""


def parser(action):
    layout = argparse.RawDescriptionHelpFormatter
    made = argparse.ArgumentParser(
        f"scripts/tpu/{action.__name__}", None, action.__doc__, EXAMPLES, formatter_class=layout
    )
    made.add_argument("name", type=checked("name"), help="what the slice is called")
    made.add_argument("--zone", type=checked("zone"), required=True, help="where it is")
    made.add_argument("--project", type=checked("project"), required=True, help="who pays")
    made.add_argument("--go", action="store_true", help="give the commands, which may cost money")
    if action in (create, delete):
        made.add_argument("--spot", action="store_true", help="cheaper, and taken away at any time")
    if action in (create, run):
        made.add_argument("--slice", type=checked("slice"), required=True, help="GENERATION-CHIPS, like v5e-8")
    if action is setup:
        made.add_argument("--repository", type=checked("repository"), required=True, help="where it comes from")
        made.add_argument("--revision", type=checked("revision"), default="main", help="branch, tag or commit")
    if action is run:
        made.add_argument("--watch", action="store_true", help="follow the log; Ctrl-C leaves the run alone")
        made.add_argument("command", nargs="+", help="-- and what ./scripts/reproduce is given: ntm/copy:paper")
    return made


def main(action, argv):
    """Prints the commands of an action, and gives them one after another if --go says so. Returns the status."""
    given = parser(action).parse_args(argv)
    if action in (create, run) and several_machines(given.slice):
        print(
            f"# {given.slice} has several machines: a run over them needs a --workdir on a disk that all of them see.",
            file=sys.stderr,
        )
    for command in action(given):
        print(shlex.join(command), flush=True)
        if given.go:
            try:
                status = subprocess.call(command)
            except FileNotFoundError:
                print("gcloud is not installed: https://cloud.google.com/sdk/docs/install", file=sys.stderr)
                return 2
            if status:
                return status
    if not given.go:
        print("# Nothing was done. --go gives these commands.", file=sys.stderr)
    return 0
