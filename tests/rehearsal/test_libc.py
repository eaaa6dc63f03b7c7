"""The C library's models, against the C library of this machine: one source, both ways."""

import subprocess
import sys
from pathlib import Path

import pytest
from apps.cache import cached_folder, digest
from apps.compile import Options

from rehearsal.guests import agreed, rehearse_source

SOURCES = Path(__file__).parent / "sources"
PARTS = ("memory", "paths", "printf", "streams", "strings")


def on_this_machine(source: str) -> str:
    """What the program prints when it really runs here."""

    def build(folder: Path) -> None:
        (folder / "guest.c").write_text(source)
        command = [sys.executable, "-m", "ziglang", "cc", "-O1", "-w", "-D_GNU_SOURCE"]
        subprocess.run(
            [*command, folder / "guest.c", "-o", folder / "guest"], check=True, capture_output=True
        )

    program = cached_folder(f"host-programs/{digest(source, '1')}", build) / "guest"
    done = subprocess.run([program], capture_output=True, check=True, cwd="/")
    return done.stdout.decode()


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("fortify", [False, True], ids=["optimised", "fortified"])
def test_a_guest_prints_what_the_same_source_prints_here(
    part: str, fortify: bool, tmp_path: Path
) -> None:
    source = (SOURCES / f"libc_{part}.c").read_text()
    source = source.replace('#include "libc.h"', (SOURCES / "libc.h").read_text())
    rehearsed = agreed(rehearse_source(tmp_path, source, options=Options(fortify=fortify)))
    assert (rehearsed.outcome, rehearsed.message) == ("exit", "It exits with status 0.")
    assert rehearsed.output.splitlines() == on_this_machine(source).splitlines()


def test_a_page_has_the_size_of_its_processor(tmp_path: Path) -> None:
    source = """
    #include <stdio.h>
    #include <unistd.h>
    int main(void) { printf("%d %ld", getpagesize(), sysconf(29)); return 0; }"""
    printed = {end.arch: end.output for end in rehearse_source(tmp_path, source).slices}
    assert printed == {"arm64": "16384 16384", "x86_64": "4096 4096"}
