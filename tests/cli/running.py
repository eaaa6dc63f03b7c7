"""Running the command line: as a program, or within this process.

Comes in: words. Goes out: the exit status, stdout and stderr.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from plover_tray.cli import main

RIGHTS = "-dac_override,-dac_read_search"
WITHOUT_RIGHTS = (
    ("setpriv", "--bounding-set", RIGHTS, "--inh-caps", RIGHTS, "--") if os.geteuid() == 0 else ()
)
"""What starts a program to which permissions apply, even if root starts it."""


def run(
    *words: str | Path,
    environment: dict[str, str] | None = None,
    prefix: tuple[str, ...] = (),
) -> tuple[int, str, str]:
    """Run plover-tray as a program; its exit status, stdout and stderr."""
    if prefix and not shutil.which(prefix[0]):
        pytest.skip(f"{prefix[0]}, to give up root's rights")
    done = subprocess.run(
        [*prefix, sys.executable, "-m", "plover_tray", *[os.fspath(word) for word in words]],
        capture_output=True,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def call(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    """The same within this process, which is faster."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([os.fspath(word) for word in words])
    out, err = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, out, err


def one_line(err: str) -> str:
    lines = err.strip().splitlines()
    assert len(lines) == 1, err
    assert lines[0].startswith("plover-tray: ")
    assert "Traceback" not in err
    return lines[0]
