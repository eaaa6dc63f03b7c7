"""Paths followed inside a tree, against the kernel's own way of not leaving one."""

import ctypes
import errno
import os
import shutil
import socket
import struct
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plover_tray.bundle import tree as bundle_tree
from plover_tray.bundle.tree import (
    MAX_DEPTH,
    MAX_LINKS,
    MissingError,
    resolve_inside,
    walk,
)
from plover_tray.errors import BundleError

OPENAT2 = 437
RESOLVE_BENEATH = 0x08
"""openat2(2) of Linux: no part of the path may leave the folder, absolute symlinks neither."""


def kernel_opens(root: Path, path: str) -> os.stat_result | None:
    """What the kernel finds at `path` beneath `root`; None where it is missing or outside."""
    if sys.platform != "linux":
        pytest.skip("openat2 is Linux' own")
    libc = ctypes.CDLL(None, use_errno=True)
    how = struct.pack("QQQ", os.O_PATH | os.O_CLOEXEC, 0, RESOLVE_BENEATH)
    folder = os.open(root, os.O_RDONLY)
    try:
        found = libc.syscall(OPENAT2, folder, os.fsencode(path), how, len(how))
        if found < 0:
            if ctypes.get_errno() in (errno.ENOSYS, errno.EPERM, errno.E2BIG):
                pytest.skip("this kernel has no openat2 that may be called")
            return None
        try:
            return os.fstat(found)
        finally:
            os.close(found)
    finally:
        os.close(folder)


@contextmanager
def tree() -> Iterator[Path]:
    """A folder `inside` with a neighbour that must not be reached."""
    made = Path(os.path.realpath(tempfile.mkdtemp()))
    try:
        (made / "inside").mkdir()
        (made / "outside").mkdir()
        (made / "outside/a").write_text("secret")
        yield made / "inside"
    finally:
        shutil.rmtree(made)


# Symlinks


def test_a_path_without_links_leads_to_itself(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    assert resolve_inside(tmp_path, "a/b") == "a/b"
    assert resolve_inside(tmp_path, "a/./b/../b/") == "a/b"
    assert resolve_inside(tmp_path, "") == ""
    assert resolve_inside(tmp_path, "/a") == "a"


def test_a_frameworks_links_are_followed(tmp_path: Path) -> None:
    version = tmp_path / "Python.framework/Versions/3.13"
    version.mkdir(parents=True)
    (version / "Python").write_bytes(b"")
    (version.parent / "Current").symlink_to("3.13")
    (tmp_path / "Python.framework/Python").symlink_to("Versions/Current/Python")
    assert (
        resolve_inside(tmp_path, "Python.framework/Python")
        == "Python.framework/Versions/3.13/Python"
    )


@pytest.mark.parametrize(
    "target", ["/etc", "../outside", "../inside/../outside", "b/../../outside", "..", "../inside"]
)
def test_a_link_that_leaves_the_tree_is_an_error_even_if_it_comes_back(target: str) -> None:
    with tree() as root:
        (root / "b").mkdir()
        (root / "link").symlink_to(target)
        (root / "b/more").symlink_to("../link")
        for path in ("link", "link/a", "b/more", "b/more/a"):
            with pytest.raises(BundleError, match=r"leaves|out of"):
                resolve_inside(root, path)


def test_an_absolute_link_into_the_tree_leaves_it_too(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    with pytest.raises(BundleError, match="out of the bundle"):
        resolve_inside(tmp_path, "link")


@pytest.mark.parametrize("path", ["..", "a/../..", "a/../../outside/a", "../inside/a"])
def test_a_path_that_climbs_out_is_an_error(path: str) -> None:
    with tree() as root:
        (root / "a").mkdir()
        with pytest.raises(BundleError, match="leaves"):
            resolve_inside(root, path)


def test_links_in_a_circle_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "one").symlink_to("two/x")
    (tmp_path / "two").symlink_to("one")
    for path in ("self", "one", "two/a"):
        with pytest.raises(BundleError, match="itself"):
            resolve_inside(tmp_path, path)


def test_a_long_chain_of_links_ends_where_the_kernel_ends(tmp_path: Path) -> None:
    (tmp_path / "0").write_text("")
    for number in range(1, MAX_LINKS + 2):
        (tmp_path / str(number)).symlink_to(str(number - 1))
    assert resolve_inside(tmp_path, str(MAX_LINKS)) == "0"
    with pytest.raises(BundleError):
        resolve_inside(tmp_path, str(MAX_LINKS + 1))


@pytest.mark.parametrize("path", ["missing", "a/missing", "file/x", "file/", "file/..", "dangling"])
def test_what_is_not_there_is_missing(tmp_path: Path, path: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(MissingError):
        resolve_inside(tmp_path, path)


@pytest.mark.parametrize("path", ["a\0b", "x" * 256, "/".join(["x" * 200] * 40)])
def test_a_path_that_no_system_takes_is_an_error(tmp_path: Path, path: str) -> None:
    with pytest.raises(BundleError):
        resolve_inside(tmp_path, path)


NAMES = st.sampled_from(["a", "b", "c"])
PARTS = st.lists(
    st.sampled_from(["a", "b", "c", "..", "..", ".", "outside"]), min_size=1, max_size=5
)
TARGETS = PARTS.map("/".join) | st.sampled_from(["/", "/etc", "a/", "../inside/a", "./b/../c"])
THINGS = st.tuples(st.lists(NAMES, min_size=1, max_size=3), st.none() | st.just("") | TARGETS)


@settings(max_examples=150, deadline=None)
@given(st.lists(THINGS, max_size=10), st.lists(PARTS, min_size=1, max_size=6))
def test_paths_in_any_tree_lead_where_the_kernel_says(
    things: list[tuple[list[str], str | None]], paths: list[list[str]]
) -> None:
    with tree() as root:
        for parts, target in things:  # None: a folder, "": a file, else a link
            place = root.joinpath(*parts)
            if any(parent.is_symlink() for parent in place.parents if parent != root):
                continue
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                if target is None:
                    place.mkdir()
                elif target:
                    place.symlink_to(target)
                else:
                    place.touch(exist_ok=False)
            except OSError:
                continue
        for path in ("/".join(parts) for parts in paths):
            try:
                found: str | None = resolve_inside(root, path)
            except BundleError:
                found = None
            opened = kernel_opens(root, path)
            assert (found is None) == (opened is None), path
            if found is not None and opened is not None:
                assert os.path.samestat(os.lstat(root / found), opened)
                assert os.path.realpath(root / path, strict=True) == str(root / found)


# Entries


def test_folders_come_before_their_contents_and_names_in_order(tmp_path: Path) -> None:
    for name in ("b/c", "b/a", "a.txt", "b.txt", "é", "C"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert [entry.path for entry in walk(tmp_path)] == [
        *("C", "a.txt", "b", "b.txt", "é"),
        *("b/a", "b/c"),
    ]


def test_an_entry_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "file").chmod(0o751)
    (tmp_path / "folder").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("/anywhere at all")
    found = {entry.path: entry for entry in walk(tmp_path)}
    assert (found["file"].kind, found["file"].mode, found["file"].size) == ("file", 0o751, 5)
    assert (found["folder"].kind, found["folder"].mode) == ("directory", 0o700)
    assert (found["link"].kind, found["link"].target) == ("symlink", "/anywhere at all")


def test_a_linked_folder_is_not_walked_into(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "out").symlink_to("/")
    assert [entry.path for entry in walk(tmp_path)] == ["loop", "out"]


def test_odd_names_are_kept(tmp_path: Path) -> None:
    names = sorted(["two\nlines", "*[glob]?", " ", "-rf", "\x7f", "é", "x" * 255, "a\\b", "~"])
    for name in names:
        (tmp_path / name).write_text("")
    assert [entry.path for entry in walk(tmp_path)] == names


def test_a_pipe_is_refused_by_name_without_opening_it(tmp_path: Path) -> None:
    (tmp_path / "Contents").mkdir()
    os.mkfifo(tmp_path / "Contents/pipe\n")
    with pytest.raises(BundleError) as caught:
        list(walk(tmp_path))
    assert r"Contents/pipe\n is a pipe" in str(caught.value)


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path may be 100 bytes long
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        with pytest.raises(BundleError, match="socket"):
            list(walk(tmp_path))


def test_a_name_that_is_not_utf_8_is_refused_in_one_printable_line(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff\xfename")).write_text("")
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    with pytest.raises(BundleError, match="UTF-8") as caught:
        list(walk(tmp_path))
    assert str(caught.value).isprintable()
    assert str(caught.value).encode()


def test_more_entries_than_any_bundle_has_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_tree, "MAX_ENTRIES", 3)
    for name in "abc":
        (tmp_path / name).mkdir()
    assert len(list(walk(tmp_path))) == 3
    (tmp_path / "a/d").write_text("")
    with pytest.raises(BundleError, match="more than 3"):
        list(walk(tmp_path))


def test_folders_deeper_than_any_bundles_are_refused(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * (MAX_DEPTH + 1))
    deep.mkdir(parents=True)
    assert len(list(walk(tmp_path))) == MAX_DEPTH + 1
    (deep / "d").mkdir()
    with pytest.raises(BundleError, match="deeper"):
        list(walk(tmp_path))


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot be read"):
        list(walk(tmp_path / "missing"))
