"""Renames at once or not at all, with the kernel's help and without it."""

import errno
import threading
from pathlib import Path
from typing import Any

import pytest
from snapshots import names, snapshot

from plover_tray.writing import atomic_rename
from plover_tray.writing.atomic_rename import rename_new, replace_keeping


@pytest.fixture(params=["kernel", "fallback"])
def how(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With the kernel's calls, and as on a file system that does not know them."""
    if request.param == "fallback":
        monkeypatch.setattr(atomic_rename, "_rename_by_kernel", lambda *_: False)
    return str(request.param)


def folder(path: Path, text: str) -> Path:
    path.mkdir()
    (path / "file").write_text(text)
    return path


def test_a_new_name_is_given(tmp_path: Path, how: str) -> None:
    rename_new(folder(tmp_path / "one é\n", "1"), tmp_path / "other")
    assert names(tmp_path) == ["other"]


def test_nothing_that_exists_is_replaced_not_even_an_empty_folder(tmp_path: Path, how: str) -> None:
    one = folder(tmp_path / "one", "1")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("kept")
    (tmp_path / "dangling").symlink_to("nowhere")
    before = snapshot(tmp_path)
    for name in ("empty", "file", "dangling"):
        with pytest.raises(FileExistsError):
            rename_new(one, tmp_path / name)
    assert snapshot(tmp_path) == before


def test_what_is_missing_cannot_be_renamed(tmp_path: Path, how: str) -> None:
    with pytest.raises(FileNotFoundError):
        rename_new(tmp_path / "missing", tmp_path / "other")


def test_the_old_one_is_kept_aside(tmp_path: Path, how: str) -> None:
    new, output = folder(tmp_path / "new", "new"), folder(tmp_path / "output", "old")
    replace_keeping(new, output, tmp_path / "aside")
    assert names(tmp_path) == ["aside", "output"]
    assert (output / "file").read_text() == "new"
    assert (tmp_path / "aside/file").read_text() == "old"


def test_an_aside_that_exists_stops_it_all(tmp_path: Path, how: str) -> None:
    new, output = folder(tmp_path / "new", "new"), folder(tmp_path / "output", "old")
    (tmp_path / "aside").mkdir()
    before = snapshot(tmp_path)
    with pytest.raises(FileExistsError):
        replace_keeping(new, output, tmp_path / "aside")
    assert snapshot(tmp_path) == before


def failing_at(number: int, error: BaseException, real: Any) -> Any:
    calls = iter(range(1, 100))

    def call(*arguments: Any) -> Any:
        if next(calls) == number:
            raise error
        return real(*arguments)

    return call


@pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), KeyboardInterrupt()])
@pytest.mark.parametrize("number", [1, 2])
def test_a_swap_that_fails_leaves_every_name_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: BaseException
) -> None:
    new, output = folder(tmp_path / "new", "new"), folder(tmp_path / "output", "old")
    before = snapshot(tmp_path, times=False)
    real = atomic_rename._rename_by_kernel
    monkeypatch.setattr(atomic_rename, "_rename_by_kernel", failing_at(number, error, real))
    with pytest.raises(type(error)):
        replace_keeping(new, output, tmp_path / "aside")
    assert snapshot(tmp_path, times=False) == before


@pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), KeyboardInterrupt()])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_renames_that_fail_leave_every_name_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: BaseException
) -> None:
    new, output = folder(tmp_path / "new", "new"), folder(tmp_path / "output", "old")
    before = snapshot(tmp_path, times=False)
    monkeypatch.setattr(atomic_rename, "_rename_by_kernel", lambda *_: False)
    monkeypatch.setattr(Path, "rename", failing_at(number, error, Path.rename))
    if number == 2:  # the way back of the first: nothing to be done if that fails too
        with pytest.raises(type(error)):
            replace_keeping(new, output, tmp_path / "aside")
        assert (output / "file").read_text() == "old"
        return
    with pytest.raises(type(error)):
        replace_keeping(new, output, tmp_path / "aside")
    assert snapshot(tmp_path, times=False) == before


def test_no_reader_ever_finds_the_output_missing(tmp_path: Path) -> None:
    output = folder(tmp_path / "output", "0")
    if not supports_swap(tmp_path):
        pytest.skip("this file system cannot swap two names")
    finished = threading.Event()
    missing: list[str] = []
    polls = 0

    def read() -> None:
        nonlocal polls
        while not finished.is_set():
            polls += 1
            try:
                (output / "file").stat()
            except OSError as error:
                missing.append(str(error))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(200):
            new = folder(tmp_path / "new", str(number))
            replace_keeping(new, output, tmp_path / f"old {number}")
    finally:
        finished.set()
        reader.join()
    assert polls > 200
    assert not missing
    assert (output / "file").read_text() == "199"


def supports_swap(folder_: Path) -> bool:
    one, other = folder_ / "swap 1", folder_ / "swap 2"
    one.mkdir()
    other.mkdir()
    try:
        return atomic_rename._rename_by_kernel(one, other, "swap")
    finally:
        one.rmdir()
        other.rmdir()
