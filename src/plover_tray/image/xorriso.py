"""Running xorriso: in go paths, out comes a disk with an HFS+ volume on it.

xorriso writes an ISO 9660 disk that holds an HFS+ volume beside it, over the same file contents.
Only the volume is used afterwards.
"""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from ..errors import StagingError, ToolError, show_path
from ..tools.program import Program, Ran, find_program

BLOCK = 2048
"""Bytes of an allocation block; the most that xorriso writes."""
MAX_LABEL = 32
"""Characters of a volume's name that xorriso takes."""

_TIMEOUT = 4 * 3600.0
"""Seconds for one image: tens of gigabytes on a slow disk."""
_MAX_ARGUMENTS = 100_000
"""Bytes; every system passes more than that to a program."""
_PROBLEM = re.compile(r"^\S+ *: (?:SORRY|MISHAP|FAILURE|FATAL) : (.*)$", re.MULTILINE)
_FULL = ("exceeds free space", "No space left on device", "File too large", "Disk quota")


def find_xorriso() -> Program:
    """xorriso; raises ToolError where it is not installed."""
    return find_program(
        "xorriso",
        "Install it: `apt install xorriso`, `dnf install xorriso`, `pacman -S libisoburn`"
        " or `brew install xorriso`.",
        purpose="writes the volume of a DMG off a Mac",
    )


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
    command = ["-no_rc", "-report_about", "SORRY"]
    command += ["-abort_on", "SORRY", "-return_with", "SORRY", "32"]
    command += ["-outdev", f"stdio:{output}", "-volid", label, "-local_charset", "UTF-8"]
    command += ["-hfsplus", "on", "-boot_image", "any", f"hfsplus_block_size={BLOCK}"]
    command += ["-hardlinks", "off", "-padding", "0", "-follow", "off"]
    for source, place in sources:
        command += ["-map", os.path.realpath(source), place]
    command.append("-commit")
    if sum(len(os.fsencode(argument)) + 1 for argument in command) > _MAX_ARGUMENTS:
        raise ToolError("There are too many files at the top of the image for one command.")
    seen = 0

    def look() -> None:
        nonlocal seen
        size = output.stat().st_size if output.exists() else 0
        progress(size - seen)
        seen = size

    ran = find_xorriso().run(
        command, timeout=_TIMEOUT, environment={"LC_ALL": "C.UTF-8"}, on_poll=look
    )
    if ran.code:
        raise _failure(ran, output)


def _failure(ran: Ran, output: Path) -> StagingError | ToolError:
    problems = _PROBLEM.findall(ran.text)
    for problem in problems:
        if any(sign in problem for sign in _FULL):
            return StagingError(
                f"{show_path(output.parent.parent)} has no room for the image"
                f" (xorriso: {problem.strip()}).",
                mend="Make room on the disk, or choose an output on another one.",
            )
    told = problems[0].strip() if problems else f"exit code {ran.code}"
    return ToolError(f"xorriso could not write the volume: {show_path(told)}.", output=ran.text)
