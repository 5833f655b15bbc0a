"""The project's virtual environment: made at the first command, found again at once by every later one.

`enter` is what the scripts beside this file call. Only the standard library is used, and only what Python 3.6 knows, so
that an old `python3` gets as far as finding a newer one or saying what is missing.
"""

import collections
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUPPORTED = ((3, 11), (3, 12), (3, 13), (3, 14))  # the Pythons that the packages of requirements.lock are built for
MARKER = "made-from"  # a file of the environment: the stamp of what it was made from, or UNFINISHED
UNFINISHED = "unfinished"


class Failure(Exception):
    """The environment cannot be made; the message says why and what to do."""


def enter(*argv, lock=ROOT / "requirements.lock", venv=ROOT / ".venv"):
    """Becomes the project's Python, run with `argv` and the command line's own arguments.

    Modules are found in the project whatever the working directory is. That stays the user's, so that a relative path
    means what it says.
    """
    python = str(ensure(lock, venv))
    os.environ["PYTHONPATH"] = str(ROOT)
    os.execv(python, [python, "-P", *argv, *sys.argv[1:]])


def ensure(lock: Path, venv: Path) -> Path:
    """The Python of `venv`, which is first made, or brought up to date, if it is not what `lock` says.

    One process works at a time; others wait. What was interrupted is made again. Where it fails, the program ends with
    a message and status 2 (130 after Ctrl-C).
    """
    try:
        if not finished(lock, venv):
            with alone(venv) as held:
                if not finished(lock, venv):
                    make(lock, venv, held)
    except Failure as failure:
        say(f"\n{failure}")
        sys.exit(2)
    except OSError as error:
        say(f"\n{venv} could not be made: {error}.")
        sys.exit(2)
    except KeyboardInterrupt:
        say(f"\n{venv} is unfinished; the next call begins again.")
        sys.exit(130)
    return python_of(venv)


def python_of(venv: Path) -> Path:
    return venv / "bin" / "python"


def stamp(lock: Path, venv: Path) -> str:
    """What a finished environment is known by: the lock's text, and the interpreter it stands on, in two lines."""
    return f"{hashlib.sha256(text(lock).encode()).hexdigest()}\n{os.path.realpath(str(python_of(venv)))}"


def text(lock: Path) -> str:
    """A lock, with the locks that it builds on (lines `-r FILE`) in their places."""
    return re.sub(r"(?m)^-r (\S+)$", lambda line: text(lock.parent / line.group(1)), lock.read_text())


def marked(venv: Path) -> str:
    """What the marker says; empty where there is none."""
    marker = venv / MARKER
    return marker.read_text() if marker.exists() else ""


def finished(lock: Path, venv: Path) -> bool:
    return marked(venv) == stamp(lock, venv) and python_of(venv).exists()


@contextlib.contextmanager
def alone(venv: Path):
    """Holds the lock file beside `venv` and yields its descriptor.

    The programs started meanwhile inherit it: should this one be killed, nobody begins before pip has ended too.
    """
    with open(f"{venv}.lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{venv} is being made by another process; waiting.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def make(lock: Path, venv: Path, held: int):
    """Makes `venv`, or updates it where it was finished from another lock. The stamp is written last."""
    begun = time.monotonic()
    marker, made_from = venv / MARKER, marked(venv)
    if python_of(venv).exists() and made_from.partition("\n")[2] == stamp(lock, venv).partition("\n")[2]:
        say(f"{venv}: updating it to {lock.name}.")
        marker.write_text(UNFINISHED)
    else:
        if not made_from and venv.exists() and any(venv.iterdir()):
            raise Failure(f"{venv} was not made by this command, which leaves it as it is: move or remove it.")
        base = interpreter()
        say(f"{venv}: making it from {lock.name} with {base}. This is done once.")
        if venv.exists():
            shutil.rmtree(str(venv))
        venv.mkdir(parents=True)
        marker.write_text(UNFINISHED)
        create(base, venv, held)
    install(lock, venv, held)
    marker.write_text(stamp(lock, venv))
    say(f"{venv}: ready after {time.monotonic() - begun:.0f} s.")


def interpreter() -> str:
    """A Python that the packages support: the one running this (in no environment), else the newest on the PATH."""
    if sys.version_info[:2] in SUPPORTED:
        return getattr(sys, "_base_executable", None) or sys.executable
    for major, minor in reversed(SUPPORTED):
        found = shutil.which(f"python{major}.{minor}")
        if found and subprocess.call([found, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
            return found
    (major, least), (_, most) = SUPPORTED[0], SUPPORTED[-1]
    this = "{}.{}".format(*sys.version_info)
    raise Failure(
        f"deepx needs Python {major}.{least} to {major}.{most}. {sys.executable} is {this} and the PATH has no other.\n"
        f"Install one, so that the command python{major}.{least}, or a later one, is found."
    )


def create(base: str, venv: Path, held: int):
    """An empty virtual environment with pip."""
    status, lines = run([base, "-I", "-m", "venv", str(venv)], held)
    if status:
        message = f"{tail(lines)}\n{venv} could not be made (see above)."
        if any("ensurepip is not available" in line or "No module named" in line for line in lines):
            message += f"\n{base} lacks venv or ensurepip. On Debian or Ubuntu: apt install {Path(base).name}-venv"
        else:
            message += " Is the disk full?"
        raise Failure(message)


def install(lock: Path, venv: Path, held: int):
    """Lets pip install what the lock names, and tells how far it is."""
    pins = {plain(pin[0]): " ".join(pin) for pin in re.findall(r"(?m)^([\w.-]+)==(\S+)", text(lock))}
    seen = set()
    progress = Progress()

    def follow(line):
        asked = re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)|Processing \S*/([\w.]+)-", line)
        name = plain(asked.group(1) or asked.group(2)) if asked else ""
        if name in pins and name not in seen:
            seen.add(name)
            progress.show(f"[{len(seen):3d}/{len(pins)}] {pins[name]}")
        elif line.startswith("Installing collected packages:"):
            progress.show(f"installing {line.count(',') + 1} packages", at_once=True)

    options = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    pip = [str(python_of(venv)), "-I", "-u", "-m", "pip", "install", *options, "--requirement", str(lock)]
    status, lines = run(pip, held, follow)
    progress.end()
    if status:
        raise Failure(
            f"{tail(lines)}\n{venv} is unfinished: pip could not install what {lock.name} names (see above).\n"
            "The next call begins again, with what pip has kept in its cache. pip must reach a package index (its own\n"
            "configuration and the PIP_* variables hold), and the disk must have some 2 GB of room."
        )


def run(command, held: int, follow=lambda line: None):
    """Runs a program; `follow` is called with each line it writes. Returns its exit status and its last lines."""
    lines = collections.deque(maxlen=200)
    environment = dict(os.environ, PIP_USER="0")
    output = dict(stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with subprocess.Popen(command, env=environment, pass_fds=[held], **output) as process:
        for line in process.stdout or ():
            lines.append(line.decode(errors="replace").rstrip())
            follow(lines[-1])
    return process.returncode, lines


def plain(name: str) -> str:
    """A package's name as pip compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def tail(lines) -> str:
    """What a program said in the end, without its progress."""
    progress = re.compile(r"\s*(Collecting|Processing|Downloading|Using cached|Requirement already|Looking in|$)")
    retry = re.compile(r"WARNING: Retrying \(Retry\(total=[1-9]")  # the last one, with 0 left, is enough
    return "\n".join([line[:400] for line in lines if not (progress.match(line) or retry.match(line))][-12:])


class Progress:
    """Says how far something is: on a terminal in one place, elsewhere a line every ten seconds."""

    def __init__(self):
        self.in_place = sys.stderr.isatty()
        self.said = time.monotonic()

    def show(self, text, at_once=False):
        if self.in_place:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
        elif at_once or time.monotonic() - self.said > 10:
            say(text)
            self.said = time.monotonic()

    def end(self):
        if self.in_place:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def say(text):
    print(text, file=sys.stderr, flush=True)
