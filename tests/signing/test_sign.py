"""The front door: a sealed copy or nothing, whatever happens meanwhile."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from signature.parts import FRAMEWORK, library, tool

import plover_tray
from plover_tray.errors import OutputExistsError, PloverTrayError, SigningError
from plover_tray.signature.verify import verify
from plover_tray.signing.options import SignEvent, SignOptions
from plover_tray.signing.sign import sign


def inventory(folder: Path) -> dict[str, object]:
    """Everything below a folder: kind, size, mode, content and times."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        if path.is_symlink():
            content: object = path.readlink()
        else:
            content = path.read_bytes() if path.is_file() else None
        found[str(path.relative_to(folder))] = (status.st_mode, status.st_mtime_ns, content)
    return found


def test_a_sealed_copy_is_made_and_the_input_stays(app: Path, tmp_path: Path) -> None:
    before = inventory(app)
    output = tmp_path / "Out.app"
    report = sign(app, output)
    assert verify(output).problems == ()
    assert report.bundles == 2
    assert inventory(app) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["Out.app", "Small.app"]


def test_what_is_there_is_not_overwritten_unasked(app: Path, tmp_path: Path) -> None:
    output = tmp_path / "Out.app"
    output.mkdir()
    with pytest.raises(OutputExistsError):
        sign(app, output)
    assert list(output.iterdir()) == []
    with pytest.raises(OutputExistsError):
        sign(app, app)


def test_in_place_keeps_the_old_one_beside(app: Path, tmp_path: Path) -> None:
    before = inventory(app)
    sign(app, app, replace_output=True)
    assert verify(app).problems == ()
    (kept,) = (p for p in tmp_path.iterdir() if p != app)
    assert inventory(kept) == before


def test_in_place_through_a_link_seals_what_it_leads_to(app: Path, tmp_path: Path) -> None:
    link = tmp_path / "Link.app"
    link.symlink_to(app.name)
    plover_tray.sign(link, in_place=True)
    assert link.readlink() == Path(app.name)
    assert verify(app).ok


def test_a_single_file_is_sealed_through_a_link_too(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    file = tmp_path / "real/library.dylib"
    file.write_bytes(library().read_bytes())
    before = file.read_bytes()
    link = tmp_path / "link.dylib"
    link.symlink_to("real/library.dylib")
    plover_tray.sign(link, in_place=True, options=SignOptions(identifier="org.example.new"))
    assert link.is_symlink()
    assert file.read_bytes() != before


def test_in_place_without_backup_leaves_only_the_new_one(app: Path, tmp_path: Path) -> None:
    sign(app, app, replace_output=True, backup=False)
    assert verify(app).problems == ()
    assert list(tmp_path.iterdir()) == [app]


def test_a_failure_leaves_everything_as_it_was(app: Path, tmp_path: Path) -> None:
    (app / "beside.txt").write_text("x")
    before = inventory(app)
    for output, replace in ((tmp_path / "Out.app", False), (app, True)):
        with pytest.raises(SigningError):
            sign(app, output, replace_output=replace)
    assert inventory(app) == before
    assert list(tmp_path.iterdir()) == [app]


def test_a_callback_that_fails_leaves_everything_as_it_was(app: Path, tmp_path: Path) -> None:
    before = inventory(app)

    def fail(event: SignEvent) -> None:
        if event.kind == "sealed":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sign(app, app, replace_output=True, progress=fail)
    assert inventory(app) == before
    assert list(tmp_path.iterdir()) == [app]


KILLED = """
import os, signal, sys
from pathlib import Path
from plover_tray.signing.sign import sign
seen = 0
def die(event):
    global seen
    seen += 1
    if seen == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
sign(Path(sys.argv[1]), Path(sys.argv[1]), replace_output=True, backup=False, progress=die)
"""


@pytest.mark.parametrize("moment", [1, 4, 9, 12])
def test_a_kill_in_the_middle_leaves_the_input_as_it_was(
    app: Path, tmp_path: Path, moment: int
) -> None:
    before = inventory(app)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(app), str(moment)], check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert inventory(app) == before
    left = [path for path in tmp_path.iterdir() if path != app]
    assert left  # the killed run's copy
    sign(app, app, replace_output=True, backup=False)
    assert verify(app).ok
    assert [path for path in tmp_path.iterdir() if path != app] == []


def test_a_framework_is_signed_to_another_place(app: Path, tmp_path: Path) -> None:
    output = tmp_path / FRAMEWORK
    sign(app / "Contents/Frameworks" / FRAMEWORK, output)
    assert verify(output).problems == ()


def test_a_single_file_is_signed(tmp_path: Path) -> None:
    output = tmp_path / "tool"
    entitlements = {"com.apple.security.cs.allow-jit": True}
    report = sign(tool(), output, SignOptions(identifier="me", entitlements=entitlements))
    found = verify(output)
    assert found.problems == ()
    assert found.main is not None
    assert (found.main.identifier, report.identifier) == ("me", "me")
    assert dict(found.main.entitlements) == entitlements
    assert output.stat().st_mode & 0o777 == tool().stat().st_mode & 0o777
    with pytest.raises(OutputExistsError):
        sign(tool(), output)
    sign(output, output, SignOptions(identifier="again"), replace_output=True)
    main = verify(output).main
    assert main is not None
    assert main.identifier == "again"
    assert list(tmp_path.iterdir()) == [output]


def test_a_library_is_signed_as_codesign_would_call_it(tmp_path: Path) -> None:
    output = tmp_path / library().name
    assert sign(library(), output).identifier == "QtConcurrent.abi3"


@pytest.mark.parametrize("make", [Path.touch, lambda p: p.write_text("text"), os.mkfifo])
def test_what_is_no_code_is_refused(tmp_path: Path, make: object) -> None:
    assert callable(make)
    path = tmp_path / "thing"
    make(path)
    with pytest.raises(PloverTrayError):
        sign(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
