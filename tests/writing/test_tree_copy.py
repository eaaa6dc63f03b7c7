"""Copies of bundles: everything that is to stay the same does, and errors name the right file."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from snapshots import snapshot

from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.errors import BundleError
from plover_tray.writing import tree_copy
from plover_tray.writing.tree_copy import copy_bundle


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A tree with every kind of entry, odd modes and old times."""
    root = tmp_path / "source"
    (root / "Contents/MacOS").mkdir(parents=True)
    (root / "Contents/two\nlines *[é]?/empty").mkdir(parents=True)
    (root / "Contents/MacOS/App").write_bytes(b"x" * 100_000)
    (root / "Contents/MacOS/App").chmod(0o751)
    (root / "Contents/empty").write_bytes(b"")
    (root / "Contents/empty").chmod(0o400)
    (root / "Contents/link").symlink_to("MacOS/App")
    (root / "Contents/dangling").symlink_to("../../../outside é\n")
    (root / ("x" * 255)).write_bytes(b"long")
    (root / "Contents/MacOS").chmod(0o555)
    (root / "Contents/two\nlines *[é]?").chmod(0o711)
    for here, folders, files in os.walk(root, topdown=False):
        for name in [*files, *folders, "."]:
            os.utime(
                Path(here, name), ns=(10**18, 1_234_567_891_234_567_000), follow_symlinks=False
            )
    root.chmod(0o555)
    return root


def bundle(root: Path) -> AppBundle:
    return AppBundle(root, {}, "xml")


def restore(copy: Path, modes: list[tuple[str, int]]) -> None:
    for path, mode in modes:
        (copy / path).chmod(mode)


def test_a_copy_is_the_same_to_the_last_time_and_link(tmp_path: Path, source: Path) -> None:
    before = snapshot(source)
    steps: list[int] = []
    modes = copy_bundle(bundle(source), tmp_path / "copy", steps.append)
    assert sum(steps) == 100_004
    assert modes == [("Contents/MacOS", 0o555), ("", 0o555)]
    assert all(path.stat().st_mode & 0o700 == 0o700 for path in (tmp_path / "copy").rglob("*/"))
    restore(tmp_path / "copy", modes)
    assert snapshot(tmp_path / "copy") == before
    assert snapshot(source) == before


def test_setuid_and_setgid_bits_are_not_handed_to_another_owner(tmp_path: Path) -> None:
    root = tmp_path / "source"
    root.mkdir()
    (root / "program").write_bytes(b"x")
    (root / "program").chmod(0o6755)
    copy_bundle(bundle(root), tmp_path / "copy", lambda _: None)
    assert (tmp_path / "copy/program").stat().st_mode & 0o7777 == 0o755


def unsupported(*_: Any) -> int:
    raise OSError(errno.EPERM, "a sandbox forbids it")


@pytest.mark.parametrize("replacement", [unsupported, lambda *_: 0, None])
def test_without_the_kernels_help_the_copy_is_the_same(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch, replacement: Any
) -> None:
    if replacement is None:
        monkeypatch.delattr(os, "copy_file_range", raising=False)
    else:
        monkeypatch.setattr(os, "copy_file_range", replacement, raising=False)
    monkeypatch.setattr(tree_copy, "_STEP", 777)
    steps: list[int] = []
    restore(tmp_path / "copy", copy_bundle(bundle(source), tmp_path / "copy", steps.append))
    assert sum(steps) == 100_004
    assert max(steps) == 777
    assert snapshot(tmp_path / "copy") == snapshot(source)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO])
def test_a_full_disk_is_not_tried_again(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(*_: Any) -> int:
        raise OSError(number, "full")

    monkeypatch.setattr(os, "copy_file_range", full, raising=False)
    with pytest.raises(OSError, match="full"):
        copy_bundle(bundle(source), tmp_path / "copy", lambda _: None)


@pytest.mark.parametrize("kernel", [True, False])
def test_a_file_that_becomes_shorter_is_an_error_that_names_it(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch, kernel: bool
) -> None:
    if not kernel:
        monkeypatch.delattr(os, "copy_file_range", raising=False)
    monkeypatch.setattr(tree_copy, "_STEP", 1000)
    path = source / "Contents/MacOS/App"

    def cut(size: int) -> None:
        if size == 1000:  # in the middle of it
            os.truncate(path, 50_000)

    with pytest.raises(BundleError, match="MacOS/App became shorter"):
        copy_bundle(bundle(source), tmp_path / "copy", cut)


@pytest.mark.parametrize("change", ["removed", "linked", "folder removed"])
def test_a_source_that_changed_is_an_error_that_names_the_source(
    tmp_path: Path, change: str
) -> None:
    root = tmp_path / "source"
    (root / "a").mkdir(parents=True)
    (root / "a/file").write_bytes(b"x")
    opened = bundle(root)
    assert len(opened.entries) == 2
    (root / "a/file").unlink()
    if change == "linked":
        (root / "a/file").symlink_to("/etc/passwd")
    if change == "folder removed":
        (root / "a").rmdir()
    with pytest.raises(BundleError, match=r"source/a/file cannot be read"):
        copy_bundle(opened, tmp_path / "copy", lambda _: None)


def test_a_pipe_put_in_a_files_place_is_not_waited_for(tmp_path: Path) -> None:
    root = tmp_path / "source"
    root.mkdir()
    (root / "file").write_bytes(b"x")
    opened = bundle(root)
    assert opened.entries
    (root / "file").unlink()
    os.mkfifo(root / "file")
    with pytest.raises(BundleError, match="no longer"):
        copy_bundle(opened, tmp_path / "copy", lambda _: None)
