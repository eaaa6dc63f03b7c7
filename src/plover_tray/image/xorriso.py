"""The only place that runs xorriso: in go paths, out comes a disk with an HFS+ volume on it.

xorriso writes an ISO 9660 disk that holds an HFS+ volume beside it, over the same file contents.
Only the volume is used afterwards.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from ..errors import StagingError, ToolError, show_path

BLOCK = 2048
"""Bytes of an allocation block; the most that xorriso writes."""
MAX_LABEL = 32
"""Characters of a volume's name that xorriso takes."""

_POLL = 0.1
"""Seconds between two looks at how much is written."""
_MAX_OUTPUT = 64 << 10
_MAX_ARGUMENTS = 100_000
"""Bytes; every system passes more than that to a program."""
_PROBLEM = re.compile(r"^\S+ *: (?:SORRY|MISHAP|FAILURE|FATAL) : (.*)$", re.MULTILINE)
_FULL = ("exceeds free space", "No space left on device", "File too large", "Disk quota")


def find_xorriso() -> str:
    """The path of xorriso; raises ToolError where it is not installed."""
    found = shutil.which("xorriso")
    if found is None:
        raise ToolError(
            "xorriso, which writes the volume of a DMG off a Mac, is not installed.",
            mend="Install it: `apt install xorriso`, `dnf install xorriso`, `pacman -S libisoburn`"
            " or `brew install xorriso`.",
        )
    return found


def write_disk(
    sources: Iterable[tuple[Path, str]],
    output: Path,
    label: str,
    progress: Callable[[int], object] = lambda _: None,
) -> None:
    """Write a disk to the new file `output` with what `sources` name.

    `sources` are (file or folder, absolute path on the volume); a later one replaces files of an
    earlier one. `label` is the volume's name, ASCII. `progress` is told the number of bytes written
    since it was last called. Raises ToolError, and StagingError where the disk is full.
    """
    command = [find_xorriso(), "-no_rc", "-report_about", "SORRY"]
    command += ["-abort_on", "SORRY", "-return_with", "SORRY", "32"]
    command += ["-outdev", f"stdio:{output}", "-volid", label, "-local_charset", "UTF-8"]
    command += ["-hfsplus", "on", "-boot_image", "any", f"hfsplus_block_size={BLOCK}"]
    command += ["-hardlinks", "off", "-padding", "0", "-follow", "off"]
    for source, place in sources:
        command += ["-map", os.path.realpath(source), place]
    command.append("-commit")
    if sum(len(os.fsencode(argument)) + 1 for argument in command) > _MAX_ARGUMENTS:
        raise ToolError("There are too many files at the top of the image for one command.")
    log = output.with_name(output.name + ".log")
    with log.open("wb") as stream:
        code = _run(command, stream.fileno(), output, progress)
    if code:
        raise _failure(log.read_bytes()[-_MAX_OUTPUT:].decode("utf-8", "replace"), output, code)


def _run(command: list[str], log: int, output: Path, progress: Callable[[int], object]) -> int:
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
        )
    except OSError as error:
        raise ToolError(f"xorriso cannot be run: {error.strerror}.") from None
    seen = 0
    try:
        while True:
            try:
                code = process.wait(_POLL)
            except subprocess.TimeoutExpired:
                code = None
            size = output.stat().st_size if output.exists() else 0
            progress(size - seen)
            seen = size
            if code is not None:
                return code
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def _failure(text: str, output: Path, code: int) -> StagingError | ToolError:
    problems = _PROBLEM.findall(text)
    for problem in problems:
        if any(sign in problem for sign in _FULL):
            return StagingError(
                f"{show_path(output.parent.parent)} has no room for the image"
                f" (xorriso: {problem.strip()}).",
                mend="Make room on the disk, or choose an output on another one.",
            )
    told = problems[0].strip() if problems else f"exit code {code}"
    return ToolError(f"xorriso could not write the volume: {show_path(told)}.", output=text)
