"""The folder beside the output: its lock, its name, and what a killed run leaves."""

import fcntl
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from snapshots import hidden, names, snapshot

from plover_tray.errors import StagingError
from plover_tray.writing import scratch_folder as module
from plover_tray.writing.scratch_folder import remove_tree, scratch_folder, shortened

ODD_NAMES = [
    "Plain.app",
    "With spaces  and (brackets).app",
    "Café Ünïcode 日本.app",
    "two\nlines\t.app",
    "*[glob]?{a,b}!.app",
    "[!a]**.app",
    "-rf.app",
    ".hidden.app",
    "😀" * 62 + ".app",
    "x" * 251 + ".app",
    "a." + "b" * 253,
]


def leave_behind(output: Path) -> Path:
    """What a run that was killed leaves: a folder whose lock is free."""
    with scratch_folder(output) as folder:
        name = folder.name
    left = output.parent / name
    (left / "bundle/Contents").mkdir(parents=True)
    (left / "bundle/Contents/file").write_text("half")
    return left


def test_the_folder_is_beside_the_output_and_gone_afterwards(tmp_path: Path) -> None:
    with scratch_folder(tmp_path / "App.app") as folder:
        assert folder.parent == tmp_path
        assert folder.name.startswith(".App.app.plover-tray-")
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "file").write_text("")
    assert names(tmp_path) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_the_folder_is_gone_after_any_error(tmp_path: Path, error: type[BaseException]) -> None:
    def work(folder: Path) -> None:
        (folder / "file").write_text("")
        raise error

    with pytest.raises(error), scratch_folder(tmp_path / "App.app") as made:
        work(made)
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ODD_NAMES)
def test_what_a_killed_run_left_is_removed_by_the_next_whatever_the_name(
    tmp_path: Path, name: str
) -> None:
    left = leave_behind(tmp_path / name)
    assert hidden(tmp_path) == [left.name]
    with scratch_folder(tmp_path / name) as folder:
        assert hidden(tmp_path) == [folder.name]
    assert names(tmp_path) == []


def test_the_folder_of_a_run_at_work_stays(tmp_path: Path) -> None:
    with (
        scratch_folder(tmp_path / "App.app") as first,
        scratch_folder(tmp_path / "App.app") as second,
    ):
        assert first != second
        assert first.is_dir()
        assert second.is_dir()
    assert names(tmp_path) == []


def test_the_folder_of_another_process_at_work_stays(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from plover_tray.writing.scratch_folder import scratch_folder\n"
        "with scratch_folder(Path(sys.argv[1])) as folder:\n"
        "    print(folder, flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "App.app"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        folder = Path(other.stdout.readline().rstrip("\n"))
        with scratch_folder(tmp_path / "App.app"):
            assert folder.is_dir()
        assert folder.is_dir()
        other.kill()
        other.wait()
    assert folder.is_dir()
    with scratch_folder(tmp_path / "App.app"):
        assert not folder.exists()


@pytest.mark.parametrize(
    "name",
    [
        ".App.app.plover-tray-notes of mine",
        ".App.app.plover-tray-old",
        ".App.app.plover-tray-ABCDEFGH",
        ".App.app.plover-tray-",
        "App.app.plover-tray-abcdefgh",
        ".Other.app.plover-tray-abcdefgh",
    ],
)
def test_a_folder_that_only_resembles_ours_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with scratch_folder(tmp_path / "App.app"):
        pass
    assert names(tmp_path) == [name]


def test_a_link_with_such_a_name_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("kept")
    (precious / "folder").mkdir(mode=0o755)
    (tmp_path / ".App.app.plover-tray-abcdefgh").symlink_to("precious")
    before = snapshot(precious)
    with scratch_folder(tmp_path / "App.app"):
        pass
    assert snapshot(precious) == before


def test_a_folder_taken_for_abandoned_before_it_was_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    real_mkdtemp, real_flock = tempfile.mkdtemp, fcntl.flock

    def mkdtemp(*arguments: Any, **options: Any) -> str:
        made.append(real_mkdtemp(*arguments, **options))
        return made[-1]

    def flock(descriptor: int, operation: int) -> None:
        if len(made) == 1:  # another run was faster
            Path(made[0]).rmdir()
        real_flock(descriptor, operation)

    monkeypatch.setattr(tempfile, "mkdtemp", mkdtemp)
    monkeypatch.setattr(fcntl, "flock", flock)
    with scratch_folder(tmp_path / "App.app") as folder:
        assert len(made) == 2
        assert folder == Path(made[1])


def test_a_disk_without_locks_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*_: Any) -> None:
        raise OSError("no locks available")

    left = leave_behind(tmp_path / "App.app")
    monkeypatch.setattr(fcntl, "flock", flock)
    with scratch_folder(tmp_path / "App.app") as folder:
        assert folder.is_dir()
    assert hidden(tmp_path) == [left.name], "nobody can tell whether it is abandoned"


def test_a_parent_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for parent in ("missing", "file"):
        with (
            pytest.raises(StagingError, match="does not exist"),
            scratch_folder(tmp_path / parent / "a"),
        ):
            pass


def test_folders_that_always_vanish_end_in_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ATTEMPTS", 3)
    real = tempfile.mkdtemp

    def mkdtemp(*arguments: Any, **options: Any) -> str:
        folder: str = real(*arguments, **options)
        Path(folder).rmdir()
        return folder

    monkeypatch.setattr(tempfile, "mkdtemp", mkdtemp)
    with pytest.raises(StagingError), scratch_folder(tmp_path / "App.app"):
        pass


@pytest.mark.parametrize("tries", [1, 2])
def test_read_only_folders_are_removed_and_links_out_are_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tries: int
) -> None:
    real, calls = shutil.rmtree, iter(range(1, 10))

    def rmtree(*arguments: Any, **options: Any) -> None:
        if next(calls) >= tries:  # root removes at once what others must first unlock
            real(*arguments, **options)

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o500)
    tree = tmp_path / "tree"
    (tree / "a/b").mkdir(parents=True)
    (tree / "a/b/file").write_text("")
    (tree / "a/b/link").symlink_to(outside)
    for folder in (tree / "a/b", tree / "a", tree):
        folder.chmod(0)
    remove_tree(tree)
    assert not tree.exists()
    assert outside.stat().st_mode & 0o777 == 0o500


@pytest.mark.parametrize(
    ("name", "size", "short"),
    [
        ("Plover", 100, "Plover"),
        ("Plover", 3, "Plo"),
        ("é日", 2, "é"),
        ("é日", 4, "é"),
        ("x", 0, ""),
    ],
)
def test_names_are_shortened_to_whole_characters(name: str, size: int, short: str) -> None:
    assert shortened(name, size) == short
