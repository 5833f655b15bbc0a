"""The work directory: one config, one process at a time, files written whole or not at all."""

from __future__ import annotations

import dataclasses
import fcntl
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict

from deepx.engine.config import differences
from deepx.engine.errors import UserError
from deepx.engine.run import Run
from deepx.files import write


def workdir_of(benchmark: str, variant: str) -> Path:
    """Where a run lives unless --workdir says otherwise: runs/ntm/copy for variant cpu, else runs/ntm/copy-VARIANT."""
    return Path("runs") / (benchmark if variant == "cpu" else f"{benchmark}-{variant}")


class Workdir:
    """A run's directory, locked while this object lives.

    Raises UserError when another process works in it, or when it belongs to a run of another config.
    """

    def __init__(self, path: Path):
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = (path / ".lock").open("w")
        except OSError as error:
            raise UserError(
                f"The work directory {path} cannot be written ({error.strerror}). Choose another --workdir."
            ) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(
                f"Another process is at work in {path}. Wait for it, stop it (it saves and can be resumed), or choose "
                "another --workdir."
            ) from None

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
        (self.path / "result.json").unlink(missing_ok=True)

    def check(self, config: ConfigDict) -> None:
        """Raises UserError, with the differences, when the directory was made with a config of other numbers."""
        if self.config_file.exists():
            changed = differences(config.to_dict(), self.config().to_dict())
            changed = {name: pair for name, pair in changed.items() if name not in Run.MUTABLE}
            if changed:
                table = "".join(
                    f"\n  {name}: {theirs!r} there, {ours!r} now" for name, (ours, theirs) in changed.items()
                )
                raise UserError(
                    f"{self.path} was made with another config:{table}\nGive the same config to go on with it, "
                    "or another --workdir to keep both."
                )

    def claim(self, config: ConfigDict) -> None:
        """Records `config` as the directory's."""
        self.write_json("config.json", config.to_dict())

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        """Writes one of the directory's JSON files."""
        write(self.path / name, json.dumps(content, indent=1) + "\n")


def _tuples(value: Any) -> Any:
    """What JSON has made lists of, as the tuples that they were in the config."""
    if isinstance(value, dict):
        return {key: _tuples(of) for key, of in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
