"""xorriso as it is run, with stand-ins: what it is told, and what its failures become."""

from pathlib import Path

import pytest
from stand_ins import StandIns

from plover_tray.errors import StagingError, ToolError
from plover_tray.image.xorriso import find_xorriso, write_disk

WRITES = """
for word; do case $word in stdio:*) disk=${word#stdio:};; esac; done
"""


def write(folder: Path, told: list[int] | None = None) -> Path:
    output = folder / "disk"
    write_disk([(folder, "/")], output, "Small", (told if told is not None else []).append)
    return output


def test_progress_is_told_in_bytes_until_all_are_written(
    stand_ins: StandIns, tmp_path: Path
) -> None:
    told: list[int] = []
    stand_ins.put("xorriso", f'{WRITES} printf 12345 > "$disk"; sleep 0.4; printf 678 >> "$disk"')
    assert write(tmp_path, told).read_bytes() == b"12345678"
    assert sum(told) == 8
    assert 5 in told


def test_an_own_problem_is_quoted_and_a_full_disk_is_one(
    stand_ins: StandIns, tmp_path: Path
) -> None:
    stand_ins.put("xorriso", "echo 'xorriso : FAILURE : Cannot do this' >&2; exit 32")
    with pytest.raises(ToolError, match="could not write the volume: Cannot do this") as caught:
        write(tmp_path)
    assert "FAILURE" in caught.value.output
    stand_ins.put("xorriso", "echo 'xorriso : SORRY : No space left on device' >&2; exit 32")
    with pytest.raises(StagingError, match="has no room for the image"):
        write(tmp_path)


def test_one_that_hangs_is_stopped(
    stand_ins: StandIns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plover_tray.image.xorriso._TIMEOUT", 0.2)
    stand_ins.put("xorriso", "exec sleep 600")
    with pytest.raises(ToolError, match="xorriso did not finish"):
        write(tmp_path)


def test_its_absence_says_what_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolError, match="xorriso, which writes the volume of a DMG") as caught:
        find_xorriso()
    assert "apt install xorriso" in caught.value.mend
