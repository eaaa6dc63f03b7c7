"""All or nothing: whatever ends a run, at whatever moment, a whole bundle has the output's name.

Runs that are killed are processes of their own: an audit hook, which Python calls before it opens,
renames or removes anything, stops them at the moment wanted and says so; then they are killed.
"""

import errno
import os
import plistlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from snapshots import Snapshot, hidden, names, snapshot

from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.errors import BundleError, OutputExistsError, PloverTrayError, StagingError
from plover_tray.writing import staging
from plover_tray.writing.staging import Committed, staged_copy

NEW = "Contents/MacOS/new"
ODD_NAMES = [
    "With spaces  and (brackets).app",
    "Café Ünïcode 日本.app",
    "two\nlines\t.app",
    "*[glob]?{a,b}.app",
    "-rf.app",
    "no suffix",
    "😀" * 62 + ".app",
    "x" * 251 + ".app",
    "a." + "b" * 253,
]


def make(folder: Path, name: str = "App.app") -> Path:
    """A small bundle with a link, a read-only folder and odd modes."""
    app = folder / name
    (app / "Contents/MacOS").mkdir(parents=True)
    (app / "Contents/Resources/read only").mkdir(parents=True)
    (app / "Contents/Info.plist").write_bytes(plistlib.dumps({"CFBundleExecutable": "App"}))
    (app / "Contents/MacOS/App").write_bytes(b"#!/bin/sh\n" * 100)
    (app / "Contents/MacOS/App").chmod(0o755)
    (app / "Contents/Resources/link").symlink_to("../MacOS/App")
    (app / "Contents/Resources/read only/file").write_text("text")
    (app / "Contents/Resources/read only").chmod(0o555)
    return app


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return make(tmp_path / "in")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def rebuild(app: Path, output: Path, **options: Any) -> Committed:
    with staged_copy(AppBundle.open(app), output, **options) as staged:
        staged.write(NEW, b"new", 0o755)
        return staged.commit()


def refused(kind: type[PloverTrayError], app: Path, output: Path, **options: Any) -> str:
    with pytest.raises(kind) as caught:
        rebuild(app, output, **options)
    assert str(caught.value).isprintable()
    return str(caught.value)


def rebuilt(old: Snapshot) -> Snapshot:
    """What `rebuild` makes of a bundle, times left out."""
    made = {path: (mode, 0, content) for path, (mode, _, content) in old.items()}
    return {**made, NEW: (oct(0o100755), 0, b"new")}


# A new output


def test_the_new_bundle_is_the_old_one_with_what_was_written(app: Path, out: Path) -> None:
    before = snapshot(app)
    assert rebuild(app, out / "New.app") == Committed(out / "New.app", None)
    assert snapshot(out / "New.app", times=False) == rebuilt(before)
    assert snapshot(app) == before
    assert names(out) == ["New.app"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_name_that_the_disk_takes_will_do(app: Path, out: Path, name: str) -> None:
    rebuild(app, out / name)
    assert names(out) == [name]
    committed = rebuild(out / name, out / name, replace=True)
    assert committed.backup is not None
    assert names(out) == sorted([name, committed.backup.name])
    assert "before plover-tray" in committed.backup.name
    rebuild(out / name, out / name, replace=True, backup=False)
    assert names(out) == sorted([name, committed.backup.name])


def test_a_relative_output_is_beside_the_current_folder(
    app: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(out)
    assert rebuild(app, Path("New.app")).output == out / "New.app"


def test_without_commit_nothing_stays(app: Path, out: Path) -> None:
    with staged_copy(AppBundle.open(app), out / "New.app") as staged:
        staged.write(NEW, b"new", 0o755)
        assert staged.path.is_dir()
    assert names(out) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_before_commit_leaves_nothing(
    app: Path, out: Path, error: type[BaseException]
) -> None:
    def fail(_: int) -> None:
        raise error

    with pytest.raises(error):
        rebuild(app, out / "New.app", progress=fail)
    assert names(out) == []


@pytest.mark.parametrize("kind", ["folder", "file", "bundle", "link", "dangling"])
def test_an_output_that_exists_is_left_alone(app: Path, out: Path, kind: str) -> None:
    output = out / "New.app"
    make_kind: dict[str, Callable[[], object]] = {
        "folder": output.mkdir,
        "file": lambda: output.write_text("kept"),
        "bundle": lambda: make(out, "New.app"),
        "link": lambda: output.symlink_to(app),
        "dangling": lambda: output.symlink_to("nowhere"),
    }
    make_kind[kind]()
    before = snapshot(out)
    assert "exists already" in refused(OutputExistsError, app, output)
    assert snapshot(out) == before


def test_an_output_that_appears_during_the_copy_is_left_alone(app: Path, out: Path) -> None:
    def other_run(_: int) -> None:
        (out / "New.app").mkdir(exist_ok=True)

    assert "exists already" in refused(OutputExistsError, app, out / "New.app", progress=other_run)
    assert names(out) == ["New.app"]
    assert names(out / "New.app") == []


def test_of_two_runs_for_one_output_the_first_to_finish_has_it(app: Path, out: Path) -> None:
    with staged_copy(AppBundle.open(app), out / "New.app") as slow:
        rebuild(app, out / "New.app")
        with pytest.raises(OutputExistsError):
            slow.commit()
    assert names(out) == ["New.app"]
    assert (out / "New.app" / NEW).read_bytes() == b"new"


def test_an_output_in_the_bundle_is_refused(app: Path) -> None:
    before = snapshot(app)
    assert "inside" in refused(StagingError, app, app / "Contents/New.app")
    assert snapshot(app) == before


@pytest.mark.parametrize(
    "name", ["..", "x/..", ".", "/", "a\0b", "x" * 256, "missing/New.app", "file/New.app"]
)
def test_what_cannot_be_an_output_is_refused_before_anything_is_copied(
    app: Path, out: Path, name: str
) -> None:
    (out / "file").write_text("")
    copied: list[int] = []
    refused(StagingError, app, out / name if name != "." else Path(), progress=copied.append)
    assert not copied
    assert names(out) == ["file"]


# In place


def test_in_place_the_old_bundle_becomes_the_backup_exactly(app: Path) -> None:
    before = snapshot(app)
    committed = rebuild(app, app, replace=True)
    backup = app.with_name("App (before plover-tray).app")
    assert committed == Committed(app, backup)
    assert snapshot(backup) == before
    assert snapshot(app, times=False) == rebuilt(before)
    assert names(app.parent) == ["App (before plover-tray).app", "App.app"]


def test_backups_are_numbered(app: Path) -> None:
    made = [rebuild(app, app, replace=True).backup for _ in range(3)]
    assert [path.name for path in made if path] == [
        "App (before plover-tray).app",
        "App (before plover-tray 2).app",
        "App (before plover-tray 3).app",
    ]


def test_without_backup_the_old_bundle_is_gone(app: Path) -> None:
    before = snapshot(app)
    assert rebuild(app, app, replace=True, backup=False) == Committed(app, None)
    assert snapshot(app, times=False) == rebuilt(before)
    assert names(app.parent) == ["App.app"]


def test_a_read_only_bundle_can_be_rebuilt_and_stays_read_only(app: Path) -> None:
    for folder in (app / "Contents/MacOS", app / "Contents", app):
        folder.chmod(0o555)
    before = snapshot(app, times=False)
    rebuild(app, app, replace=True)
    assert snapshot(app, times=False) == rebuilt(before)
    assert app.stat().st_mode & 0o777 == 0o555


@pytest.mark.parametrize("kind", ["folder", "file", "parent"])
def test_what_is_no_bundle_is_never_replaced(app: Path, out: Path, kind: str) -> None:
    output = out / "Documents"
    if kind == "folder":
        output.mkdir()
        (output / "letter").write_text("precious")
    elif kind == "file":
        output.write_text("precious")
    else:
        output = app.parent
    before = snapshot(output.parent)
    for backup in (True, False):
        message = refused(OutputExistsError, app, output, replace=True, backup=backup)
        assert "not an app bundle" in message
    assert snapshot(output.parent) == before


# Writing into the copy


@pytest.mark.parametrize("target", ["../../outside", "/outside-of-it", "..", "../../.."])
def test_a_link_in_the_copy_never_leads_a_write_out_of_it(
    tmp_path: Path, app: Path, out: Path, target: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    if target.startswith("/"):
        target = str(outside)
    (app / "Contents/Resources/out").symlink_to(f"../{target}" if target[0] == "." else target)
    (app / "Contents/Resources/file-out").symlink_to(outside / "file")
    (outside / "file").write_text("kept")
    opened = AppBundle.open(app)
    with staged_copy(opened, out / "New.app") as staged:
        if target != "..":
            for path in ("Contents/Resources/out/boot.py", "Contents/Resources/out/a/b"):
                with pytest.raises(BundleError):
                    staged.write(path, b"escaped", 0o644)
        staged.write("Contents/Resources/file-out", b"replaced", 0o644)
        staged.commit()
    assert (outside / "file").read_text() == "kept"
    assert names(outside) == ["file"]
    assert (out / "New.app/Contents/Resources/file-out").read_bytes() == b"replaced"


def test_a_link_inside_the_copy_is_followed_and_folders_are_made(app: Path, out: Path) -> None:
    (app / "Contents/link").symlink_to("Resources")
    with staged_copy(AppBundle.open(app), out / "New.app") as staged:
        staged.write("Contents/link/a/b/file", b"1", 0o640)
        staged.write("Contents/Resources/read only/new", b"2", 0o600)
        staged.write("root file", b"3", 0o644)
        staged.commit()
    new = out / "New.app"
    assert (new / "Contents/Resources/a/b/file").read_bytes() == b"1"
    assert (new / "Contents/Resources/a/b/file").stat().st_mode & 0o777 == 0o640
    assert (new / "Contents/Resources/read only/new").read_bytes() == b"2"
    assert (new / "Contents/Resources/read only").stat().st_mode & 0o777 == 0o555
    assert (new / "Contents/link").is_symlink()


def test_a_path_that_cannot_be_written_is_an_error(app: Path, out: Path) -> None:
    with staged_copy(AppBundle.open(app), out / "New.app") as staged:
        for path in ("Contents/MacOS", "Contents/Info.plist/x", "../x", "", "x" * 256):
            with pytest.raises(PloverTrayError):
                staged.write(path, b"", 0o644)


# Disks that are full, small or read-only


def test_a_disk_with_too_little_room_is_refused_at_once(
    app: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "_RESERVE", 1 << 60)
    copied: list[int] = []
    message = refused(StagingError, app, out / "New.app", progress=copied.append)
    assert "MB free" in message
    assert not copied
    assert names(out) == []


def test_a_file_of_holes_as_large_as_any_disk_is_refused(app: Path, out: Path) -> None:
    os.truncate(app / "Contents/MacOS/App", 1 << 42)
    assert "MB free" in refused(StagingError, app, out / "New.app")
    assert names(out) == []


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own; skips where this user may not mount one."""
    folder.mkdir()
    command: list[str | Path] = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
    if not shutil.which("mount") or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("reserve", [0, 1 << 30])
def test_a_disk_that_is_full_in_the_middle_leaves_nothing(
    tmp_path: Path, app: Path, monkeypatch: pytest.MonkeyPatch, reserve: int
) -> None:
    (app / "Contents/large").write_bytes(os.urandom(2 << 20))
    before = snapshot(app)
    monkeypatch.setattr(staging, "_RESERVE", reserve)
    if not reserve:
        monkeypatch.setattr(staging, "_check_room", lambda *_: None)
    with small_disk(tmp_path / "disk", "1m") as disk:
        message = refused(StagingError, app, disk / "New.app")
        assert "Make room" in message
        assert names(disk) == []
    assert snapshot(app) == before


def test_a_full_disk_in_place_leaves_the_bundle_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "_check_room", lambda *_: None)
    with small_disk(tmp_path / "disk", "3m") as disk:
        app = make(disk)
        (app / "Contents/large").write_bytes(os.urandom(2 << 20))
        before = snapshot(app)
        assert "Make room" in refused(StagingError, app, app, replace=True)
        assert snapshot(app) == before
        assert names(disk) == ["App.app"]


def test_a_read_only_disk_is_refused(tmp_path: Path, app: Path) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk:
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        assert "read-only" in refused(StagingError, app, disk / "New.app")


CHILD = """
import errno, os, resource, sys
from pathlib import Path
from plover_tray.writing import atomic_rename, scratch_folder, staging, tree_copy
from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.errors import PloverTrayError

app, output, stop, replace, backup, fallback, limit = sys.argv[1:8]
stop, replace, backup, fallback = int(stop), replace == "1", backup == "1", fallback == "1"
if fallback:
    atomic_rename._rename_by_kernel = lambda *_: False
EVENTS = {"open", "os.rename", "os.mkdir", "os.chmod", "os.remove", "os.rmdir", "os.utime",
          "os.symlink", "os.truncate", "ctypes.dlsym", "shutil.rmtree", "fcntl.flock"}
seen = []

def hook(event, arguments):
    if event in EVENTS:
        seen.append(event)
        if len(seen) == stop:
            os.write(1, b"stopped")
            os.read(0, 1)

if limit == "nobody":
    os.seteuid(65534)
elif limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
status = b"done"
bundle = AppBundle.open(app)
bundle.entries
sys.addaudithook(hook)
try:
    with staging.staged_copy(bundle, Path(output), replace=replace, backup=backup) as staged:
        staged.write("Contents/MacOS/new", b"new", 0o755)
        staged.commit()
except PloverTrayError as error:
    status = str(error).encode()
os.write(1, b"%s|%s" % (" ".join(seen).encode(), status))
"""


@contextmanager
def child(
    app: Path,
    output: Path,
    *,
    stop: int = 0,
    replace: bool = False,
    backup: bool = True,
    fallback: bool = False,
    limit: str = "",
) -> Iterator["subprocess.Popen[bytes]"]:
    flags = ["01"[flag] for flag in (replace, backup, fallback)]
    command = [sys.executable, "-c", CHILD, str(app), str(output), str(stop), *flags, limit]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            yield process
        finally:
            process.kill()


def run_child(app: Path, output: Path, **options: Any) -> tuple[list[str], str]:
    """Let it run to its end; what the audit hook saw, and what came of it."""
    with child(app, output, **options) as process:
        printed, complaints = process.communicate()
    assert not complaints, complaints.decode()
    seen, _, status = printed.decode().partition("|")
    return seen.split(), status


def test_a_limit_on_the_size_of_files_leaves_nothing(app: Path, out: Path) -> None:
    (app / "Contents/large").write_bytes(bytes(1 << 20))
    before = snapshot(app)
    _, status = run_child(app, out / "New.app", limit=str(1 << 19))
    assert "ulimit" in status
    assert names(out) == []
    assert snapshot(app) == before


def as_nobody(*folders: Path) -> str:
    """The limit that makes the child another user than root, whom no mode stops."""
    if os.geteuid() != 0:
        return ""
    for folder in folders:
        for parent in (folder, *folder.parents[:-2]):
            if parent.owner() == "root":
                parent.chmod(parent.stat().st_mode | 0o055)
    return "nobody"


def test_a_folder_that_may_not_be_written_is_refused(app: Path, out: Path) -> None:
    limit = as_nobody(app.parent, out)
    out.chmod(0o555)
    _, status = run_child(app, out / "New.app", limit=limit)
    assert "You may not write there" in status
    assert names(out) == []


def test_a_file_that_may_not_be_read_is_named_and_not_the_output(app: Path, out: Path) -> None:
    limit = as_nobody(app.parent, out)
    out.chmod(0o777)
    (app / "Contents/MacOS/App").chmod(0)
    _, status = run_child(app, out / "New.app", limit=limit)
    assert "MacOS/App cannot be read" in status
    assert "New.app" not in status
    assert names(out) == []


# Ends that no program can answer: kill -9 at any moment

CASES = {
    "new": {},
    "in place": {"replace": True},
    "in place without backup": {"replace": True, "backup": False},
    "in place on a simple disk": {"replace": True, "fallback": True},
    "in place without backup on a simple disk": {
        "replace": True,
        "backup": False,
        "fallback": True,
    },
}


def moments(seen: list[str]) -> list[int]:
    """Before and after each change of names, and some moments on the whole way."""
    numbers = range(1, len(seen) + 1)
    renames = {n for n in numbers if seen[n - 1] in ("os.rename", "ctypes.dlsym")}
    assert renames
    after = {n + 1 for n in renames if n < len(seen)}
    return sorted({*renames, *after, *numbers[:: len(seen) // 7]})


@pytest.mark.parametrize("case", CASES)
def test_a_run_killed_at_any_moment_leaves_whole_bundles_only(tmp_path: Path, case: str) -> None:
    options: dict[str, Any] = dict(CASES[case])
    in_place = options.get("replace", False)

    def fresh(number: int) -> tuple[Path, Path]:
        folder = tmp_path / str(number)
        folder.mkdir()
        app = make(folder)
        return app, app if in_place else folder / "New.app"

    app, output = fresh(0)
    old = inside(app)
    seen, status = run_child(app, output, **options)
    assert status == "done"
    new = inside(output)
    assert new == {**old, NEW: (oct(0o100755), 0, b"new")}
    for number in moments(seen):
        app, output = fresh(number)
        with child(app, output, stop=number, **options) as process:
            assert process.stdout is not None
            assert process.stdout.read(7) == b"stopped"
            process.kill()
        visible = [name for name in names(app.parent) if not name.startswith(".")]
        left = {name: inside(app.parent / name) for name in visible}
        assert all(found in (old, new) for found in left.values()), "no half bundle"
        if options.get("backup", True):
            assert old in left.values()
        if not options.get("fallback"):
            assert "App.app" in left, "the old name is never without a bundle"
        if not in_place:
            assert left["App.app"] == old
            shutil.rmtree(output, ignore_errors=True)
        if "App.app" not in left:
            (app.parent / "App (before plover-tray).app").rename(app)
        rebuild(app, output, replace=in_place)
        assert hidden(app.parent) == [], "the next run removes what the killed one left"
        assert inside(output) == new


def inside(bundle: Path) -> Snapshot:
    """What is in a bundle, times left out, and its own mode, which is restored last of all."""
    return {path: found for path, found in snapshot(bundle, times=False).items() if path != "."}


def test_a_run_stopped_by_ctrl_c_cleans_up(tmp_path: Path) -> None:
    (tmp_path / "count").mkdir()
    app = make(tmp_path / "count")
    seen, _ = run_child(app, tmp_path / "count/New.app")
    for number in range(5, seen.index("ctypes.dlsym") + 1, 4):
        folder = tmp_path / str(number)
        folder.mkdir()
        app = make(folder)
        before = snapshot(app)
        with child(app, folder / "New.app", stop=number) as process:
            assert process.stdout is not None
            assert process.stdout.read(7) == b"stopped"
            process.send_signal(signal.SIGINT)
            _, complaints = process.communicate()
        assert b"KeyboardInterrupt" in complaints
        assert names(folder) == ["App.app"], number
        assert snapshot(app) == before


def test_the_error_of_the_system_is_told_with_what_to_do(app: Path, out: Path) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    assert "Make room" in refused(StagingError, app, out / "New.app", progress=full)
