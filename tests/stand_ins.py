"""Scripts in place of other programs, for whatever looks for them in this process.

Comes in: a folder. Goes out: programs under the name, or the absolute path, that the code asks for.
"""

import shlex
from pathlib import Path

import pytest

from plover_tray.tools import program


class StandIns:
    """The stand-ins of one test."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._scripts: dict[str, Path] = {}
        self._real = program.locate
        monkeypatch.setattr(program, "locate", self._locate)

    def put(self, name: str, script: str) -> Path:
        """Let a shell script be the program `name`; return the script's path."""
        self._folder.mkdir(exist_ok=True)
        file = self._folder / Path(name).name
        calls = shlex.quote(str(file.with_suffix(".calls")))
        file.write_text(f'#!/bin/sh\necho "$*" >> {calls}\n{script}\n')
        file.chmod(0o755)
        self._scripts[name] = file
        return file

    def calls(self, name: str) -> list[str]:
        """The arguments of each call of the stand-in `name`, in one line."""
        file = self._scripts[name].with_suffix(".calls")
        return file.read_text().splitlines() if file.exists() else []

    def _locate(self, name: str) -> Path | None:
        return self._scripts.get(name) or self._real(name)
