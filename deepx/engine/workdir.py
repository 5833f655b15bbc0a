"""The work directory: one config, one process at a time, files written whole or not at all."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict

from deepx.engine.config import told
from deepx.engine.errors import UserError
from deepx.engine.hosts import of_first, primary, several
from deepx.engine.run import Run
from deepx.files import write

SHOWN_WITHIN = 20.0  # seconds after which a shared file system shows what another host has written


def workdir_of(benchmark: str, variant: str) -> Path:
    """Where a run lives unless --workdir says otherwise: runs/ntm/copy for variant cpu, else runs/ntm/copy-VARIANT."""
    return Path("runs") / (benchmark if variant == "cpu" else f"{benchmark}-{variant}")


def saved_steps(workdir: Path) -> list[int]:
    """Steps of a run's committed checkpoints, as their names tell, newest first."""
    names = (path.name for path in (workdir / "checkpoints").glob("*"))
    return sorted((int(name) for name in names if name.isdecimal()), reverse=True)


class Workdir:
    """A run's directory, locked while this object lives, or until `release`; of several processes of one run, the first
    locks and writes.

    Raises UserError when another run works in it, when it belongs to a run of another config, and where a process does
    not see what the first has written there.
    """

    def __init__(self, path: Path):
        self.path = path
        if primary():
            self._take()
        self._check_shared()

    def _take(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = (self.path / ".lock").open("a")
        except OSError as error:
            raise UserError(
                f"The work directory {self.path} cannot be written ({error.strerror}). Choose another --workdir."
            ) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(
                f"Another process is at work in {self.path}. Wait for it, stop it (it saves and can be resumed), or "
                "choose another --workdir."
            ) from None

    def release(self) -> None:
        """Unlocks it, for a program that goes on after the run."""
        if primary():
            fcntl.flock(self._lock, fcntl.LOCK_UN)
            self._lock.close()

    def _check_shared(self) -> None:
        """All processes read what the first has written into the lock, which a file system may show them late."""
        if not several():
            return
        mark = of_first(secrets.token_hex(8))
        if primary():
            self._lock.truncate(0)
            self._lock.write(mark)
            self._lock.flush()
        until = time.monotonic() + SHOWN_WITHIN
        while self._marked() != mark:
            if time.monotonic() > until:
                raise UserError(
                    f"The work directory {self.path} is not the one that process 0 sees under this name. Choose a "
                    "--workdir on a file system that all hosts share."
                )
            time.sleep(0.05)

    def _marked(self) -> str | None:
        try:
            return (self.path / ".lock").read_text()
        except OSError:
            return None

    @property
    def config_file(self) -> Path:
        return self.path / "config.json"

    def config(self) -> ConfigDict:
        """The config this directory was made with.

        Raises UserError when there is none that can be read.
        """
        try:
            config = json.loads(self.config_file.read_text())
        except FileNotFoundError:
            raise UserError(
                f"{self.path} holds no run: there is no config.json. Give --config to begin one there."
            ) from None
        except json.JSONDecodeError as error:
            raise UserError(
                f"{self.config_file} is damaged ({error}). Restore it, or choose another --workdir."
            ) from None

        missing = {field.name for field in dataclasses.fields(Run)} - set(dict(config).get("run", ()))
        if missing:
            raise UserError(
                f"{self.config_file} was made by another version of deepx: its run section lacks {', '.join(missing)}. "
                "Go back to that version, or choose another --workdir."
            )
        return ConfigDict(_tuples(config)).lock()

    def result(self) -> dict[str, Any] | None:
        """The record of a finished run; None where there is none."""
        path = self.path / "result.json"
        return json.loads(path.read_text()) if path.exists() else None

    def reopen(self) -> None:
        """Drops the record of a run that is given more steps: it would speak of fewer than were taken."""
        if primary():
            (self.path / "result.json").unlink(missing_ok=True)

    def check(self, config: ConfigDict) -> None:
        """Raises UserError, with the differences, when the directory was made with a config of other numbers."""
        if self.config_file.exists():
            changed = told(config.to_dict(), self.config().to_dict(), repr)
            changed = {name: pair for name, pair in changed.items() if name not in Run.MUTABLE}
            if changed:
                there, now = (f"{made.get('benchmark')}:{made.get('variant')}" for made in (self.config(), config))
                if there != now:
                    what = f"holds a run of {there}, not of {now}. Give its name"
                else:
                    table = [f"\n  {name}: {theirs} there, {ours} now" for name, (ours, theirs) in changed.items()]
                    what = f"was made with another config:{''.join(table)}\nGive the same config"
                raise UserError(f"{self.path} {what} to go on with it, or another --workdir to keep both.")

    def claim(self, config: ConfigDict) -> None:
        """Records `config` as the directory's."""
        self.write_json("config.json", config.to_dict())

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        """Writes one of the directory's JSON files, from the first process."""
        if primary():
            write(self.path / name, json.dumps(content, indent=1) + "\n")


def _tuples(value: Any) -> Any:
    """What JSON has made lists of, as the tuples that they were in the config."""
    if isinstance(value, dict):
        return {key: _tuples(of) for key, of in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
