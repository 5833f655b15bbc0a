"""The environment is made once, from the lock, by one process at a time, and made again after an interruption."""

import ast
import importlib.util
import os
import re
import signal
import subprocess
import sys
import threading
import time
import tomllib
import zipfile
from pathlib import Path
from types import SimpleNamespace

import environment
import pytest
from packaging.requirements import Requirement

SCRIPTS = environment.ROOT / "scripts"


class Fake:
    """A stand-in for Python that plays `-m venv DIR`, and `-m pip install` by running a shell script."""

    def __init__(self, folder: Path):
        self.venv, self.lock, self.python = folder / "an env", folder / "some.lock", folder / "fake python"
        self.log, self.pip = folder / "log", folder / "pip"
        self.python.write_text(f"""#!/bin/sh
            for last; do :; done
            case "$*" in
            *"-m venv"*) echo venv >> "{self.log}"; mkdir -p "$last/bin"; ln -s "$0" "$last/bin/python";;
            *"-m pip install"*) echo pip >> "{self.log}"; . "{self.pip}";;
            esac""")
        self.python.chmod(0o755)
        self.lock.write_text("Some_thing==1.0\nother==2.1\n")
        self.pip.write_text("true")

    def calls(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []

    def ensure(self) -> Path:
        return environment.ensure(self.lock, self.venv)

    def elsewhere(self) -> subprocess.Popen:
        """`ensure` in a process of its own, which hears Ctrl-C even where these tests run in the background."""
        program = (
            f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            f"import environment as e; e.interpreter = lambda: {str(self.python)!r}\n"
            f"e.ensure(e.Path({str(self.lock)!r}), e.Path({str(self.venv)!r}))"
        )
        paths = dict(os.environ, PYTHONPATH=str(SCRIPTS))
        return subprocess.Popen([sys.executable, "-c", program], env=paths, stderr=subprocess.PIPE, text=True)

    def wait_for(self, call: str):
        deadline = time.monotonic() + 10
        while call not in self.calls():
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.fixture
def fake(tmp_path, monkeypatch):
    fake = Fake(tmp_path)
    monkeypatch.setattr(environment, "interpreter", lambda: str(fake.python))
    return fake


def test_is_made_once_and_then_only_looked_at(fake, capfd):
    assert fake.ensure() == fake.venv / "bin" / "python"
    assert "ready after" in capfd.readouterr().err
    begun = time.perf_counter()
    fake.ensure()
    assert time.perf_counter() - begun < 0.05
    assert fake.calls() == ["venv", "pip"]
    assert capfd.readouterr().err == ""


def test_a_changed_lock_updates(fake):
    fake.ensure()
    fake.lock.write_text("other==2.2\n")
    fake.ensure()
    fake.ensure()
    assert fake.calls() == ["venv", "pip", "pip"]


def test_an_interpreter_that_went_away_or_became_another_makes_it_again(fake):
    fake.ensure()
    fake.python = fake.python.rename(fake.python.with_name("newer"))
    assert not (fake.venv / "bin" / "python").exists()
    fake.ensure()
    other = fake.python.with_name("other")
    other.write_bytes(fake.python.read_bytes())
    (fake.venv / "bin" / "python").unlink()
    (fake.venv / "bin" / "python").symlink_to(other)
    fake.ensure()
    assert fake.calls() == ["venv", "pip"] * 3


def test_a_lock_that_it_builds_on_counts_as_its_own_text(fake):
    base = fake.lock.with_name("base.lock")
    base.write_text("third==3.0\n")
    fake.lock.write_text("# more\n-r base.lock\nother==2.1\n")
    assert environment.text(fake.lock) == "# more\nthird==3.0\n\nother==2.1\n"
    fake.ensure()
    base.write_text("third==3.1\n")
    fake.ensure()
    fake.ensure()
    assert fake.calls() == ["venv", "pip", "pip"]


def test_someone_elses_folder_is_left_alone(fake, capfd):
    fake.venv.mkdir()
    (fake.venv / "pyvenv.cfg").write_text("mine")
    with pytest.raises(SystemExit, match="2"):
        fake.ensure()
    assert "was not made by this command" in capfd.readouterr().err
    assert (fake.venv / "pyvenv.cfg").read_text() == "mine"


def test_when_pip_fails_its_last_words_are_shown_and_the_next_call_begins_again(fake, capfd):
    fake.pip.write_text("echo Collecting other==2.1; echo ERROR: No matching distribution found for other==2.1; exit 1")
    for _ in range(2):
        with pytest.raises(SystemExit, match="2"):
            fake.ensure()
        said = capfd.readouterr().err
        assert "ERROR: No matching distribution found for other==2.1" in said and "Collecting" not in said
        assert "The next call begins again" in said
    fake.pip.write_text("true")
    fake.ensure()
    assert fake.calls() == ["venv", "pip"] * 3


def test_a_python_without_ensurepip_is_told_what_to_install(fake, capfd):
    fake.python.write_text(
        "#!/bin/sh\necho The virtual environment was not created: ensurepip is not available; exit 1"
    )
    with pytest.raises(SystemExit, match="2"):
        fake.ensure()
    assert "apt install fake python-venv" in capfd.readouterr().err


def test_a_missing_lock_is_named(fake, capfd):
    fake.lock.unlink()
    with pytest.raises(SystemExit, match="2"):
        fake.ensure()
    assert str(fake.lock) in capfd.readouterr().err


def test_two_calls_at_once_make_one(fake, capfd):
    fake.pip.write_text("sleep 0.5")
    calls = [threading.Thread(target=fake.ensure) for _ in range(2)]
    [call.start() for call in calls]
    [call.join() for call in calls]
    assert fake.calls() == ["venv", "pip"]
    assert capfd.readouterr().err.count("another process; waiting") == 1


def test_what_was_killed_is_made_again_after_its_pip_has_ended(fake):
    fake.pip.write_text(f'sleep 0.4; echo ended >> "{fake.log}"')
    killed = fake.elsewhere()
    fake.wait_for("pip")
    killed.kill()
    killed.communicate()
    fake.ensure()
    assert fake.calls() == ["venv", "pip", "ended", "venv", "pip", "ended"]


def test_ctrl_c_is_answered_shortly(fake):
    fake.pip.write_text("exec sleep 1")
    interrupted = fake.elsewhere()
    fake.wait_for("pip")
    interrupted.send_signal(signal.SIGINT)
    said = interrupted.communicate()[1]
    assert interrupted.returncode == 130
    assert "unfinished" in said and "Traceback" not in said


def test_an_old_python_finds_a_newer_one_or_says_so(tmp_path, monkeypatch, capfd):
    old = SimpleNamespace(version_info=(3, 10, 2), executable="old/python3", stderr=sys.stderr, exit=sys.exit)
    monkeypatch.setattr(environment, "sys", old)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "lock").write_text("")
    with pytest.raises(SystemExit, match="2"):
        environment.ensure(tmp_path / "lock", tmp_path / "venv")
    assert "old/python3 is 3.10" in capfd.readouterr().err
    for name, status in {"python3.12": 0, "python3.13": 127}.items():  # 3.13 is a version manager's shim of nothing
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {status}")
        (tmp_path / name).chmod(0o755)
    assert environment.interpreter() == str(tmp_path / "python3.12")


def test_old_pythons_can_read_the_scripts():
    readers = [path for path in SCRIPTS.iterdir() if path.is_file() and "from environment import" in path.read_text()]
    for path in [SCRIPTS / "environment.py", *readers]:
        ast.parse(path.read_text(), feature_version=(3, 6))
        assert "import annotations" not in path.read_text()


def wheel(folder: Path, name: str, version: str):
    """A package of one module that tells its version."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", f"version = {version!r}")
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", "")


def borrowing_pip(base: str, venv: Path, held: int):
    """An environment that sees this one's pip; installing one takes seconds."""
    subprocess.check_call([base, "-m", "venv", "--without-pip", str(venv)])
    packages = Path(importlib.util.find_spec("pip").origin).parent.parent
    next(venv.glob("lib/*/site-packages")).joinpath("borrowed.pth").write_text(str(packages))


def test_with_the_real_pip(tmp_path, monkeypatch, capfd):
    wheel(tmp_path, "a_stub", "1.0")
    wheel(tmp_path, "a_stub", "2.0")
    monkeypatch.setattr(environment, "create", borrowing_pip)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    shown = []
    monkeypatch.setattr(environment.Progress, "show", lambda _, text, at_once=False: shown.append(text))
    lock, venv = tmp_path / "lock", tmp_path / "venv"
    for version in ("1.0", "2.0"):
        lock.write_text(f"# a comment\nA-stub=={version}\n")
        python = environment.ensure(lock, venv)
        told = subprocess.check_output([python, "-c", "import a_stub; print(a_stub.version)"], text=True)
        assert told.strip() == version
    assert shown == ["[  1/1] A-stub 1.0", "installing 1 packages", "[  1/1] A-stub 2.0", "installing 1 packages"]
    lock.write_text("no-such-package==1\n")
    with pytest.raises(SystemExit, match="2"):
        environment.ensure(lock, venv)
    assert "No matching distribution found for no-such-package==1" in capfd.readouterr().err


def test_enter_keeps_the_working_directory_and_finds_the_projects_modules(tmp_path):
    project, cwd = tmp_path / "project", tmp_path / "cwd"
    for folder in (project / "scripts", project / ".venv" / "bin", cwd):
        folder.mkdir(parents=True)
    (project / "scripts" / "environment.py").write_text((SCRIPTS / "environment.py").read_text())
    (project / "scripts" / "command").write_text("from environment import enter\nenter('-m', 'shown', 'first')")
    (project / "shown.py").write_text("import os, sys; print(os.getcwd(), *sys.argv[1:], sep='\\n')")
    (cwd / "shown.py").write_text("raise SystemExit('the wrong one')")
    (project / "requirements.lock").write_text("")
    (project / ".venv" / "bin" / "python").symlink_to(sys.executable)
    stamp = environment.stamp(project / "requirements.lock", project / ".venv")
    (project / ".venv" / environment.MARKER).write_text(stamp)
    command = [sys.executable, project / "scripts" / "command", "--config=a path.py"]
    assert subprocess.check_output(command, cwd=cwd, text=True).splitlines() == [
        str(cwd),
        "first",
        "--config=a path.py",
    ]


def test_the_lock_pins_what_the_project_asks_for():
    project = tomllib.loads((environment.ROOT / "pyproject.toml").read_text())["project"]
    lines = (environment.ROOT / "requirements.lock").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in pins)
    for asked in map(Requirement, project["dependencies"] + project["optional-dependencies"]["test"]):
        pinned = pins.get(environment.plain(asked.name))
        assert pinned and pinned in asked.specifier, f"requirements.lock is older than pyproject.toml: {asked}"
