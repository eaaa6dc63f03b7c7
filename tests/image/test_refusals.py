"""What make_dmg refuses, in one line, and what it leaves behind: nothing."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from image.building import EPOCH, make_app, small_app
from image.independent import tool
from plover_tray.errors import (
    BundleError,
    ImageError,
    OutputExistsError,
    PloverTrayError,
    StagingError,
    ToolError,
)
from plover_tray.image import DmgSettings, make_dmg, read_dmg


@pytest.fixture
def app(tmp_path: Path) -> Path:
    tool("xorriso")
    return small_app(tmp_path)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "image.dmg"


def refused(output: Path, kind: type[PloverTrayError], *arguments: object, **how: object) -> str:
    """The message of a refusal that leaves nothing beside or under the output's name."""
    before = {path.name: path.read_bytes() for path in output.parent.iterdir() if path.is_file()}
    how.setdefault("backend", "builtin")
    with pytest.raises(kind) as caught:
        make_dmg(*arguments, **how)  # type: ignore[arg-type]
    after = {path.name: path.read_bytes() for path in output.parent.iterdir() if path.is_file()}
    assert after == before
    assert [path.name for path in output.parent.iterdir() if path.name not in before] == []
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a/b", "a slash"),
        ("a:b", "a colon"),
        ("n" * 28, "28 bytes, and 27 fit"),
        ("é" * 14, "28 bytes, and 27 fit"),
        ("two\nlines", "cannot be shown"),
        (".", "cannot be the name"),
        ("..", "cannot be the name"),
    ],
)
def test_a_volume_name_that_no_mac_takes(name: str, said: str, app: Path, output: Path) -> None:
    refusal = refused(output, ImageError, app, output, volume_name=name)
    assert said in refusal
    assert "--volume-name" in refusal


def test_an_output_that_exists_is_kept(app: Path, output: Path) -> None:
    output.write_bytes(b"precious")
    refusal = refused(output, OutputExistsError, app, output)
    assert "exists already" in refusal
    assert "--replace" in refusal
    make_dmg(app, output, replace_output=True, backend="builtin")
    with read_dmg(output) as dmg:
        assert dmg.apps == ("Small.app",)


@pytest.mark.parametrize("name", ["image.txt", "image", "image.dmg.png"])
def test_an_image_is_called_a_dmg(name: str, app: Path, output: Path) -> None:
    said = refused(output, StagingError, app, output.with_name(name))
    assert "does not end in .dmg" in said


def test_an_output_that_is_a_folder(app: Path, output: Path) -> None:
    output.mkdir()
    with pytest.raises(OutputExistsError, match="is a folder"):
        make_dmg(app, output, replace_output=True, backend="builtin")


def test_an_output_in_no_folder(app: Path, tmp_path: Path) -> None:
    with pytest.raises(StagingError, match="does not exist"):
        make_dmg(app, tmp_path / "none/image.dmg", backend="builtin")


def test_an_output_inside_the_app(app: Path) -> None:
    before = sorted(app.rglob("*"))
    for inside in (app / "image.dmg", app / "Contents/image.dmg"):
        with pytest.raises(StagingError, match="inside the app"):
            make_dmg(app, inside, backend="builtin")
    assert sorted(app.rglob("*")) == before


def test_what_is_no_app(tmp_path: Path, output: Path) -> None:
    assert "does not exist" in refused(output, BundleError, tmp_path / "No.app", output)


def test_no_app_and_no_settings(output: Path) -> None:
    assert "an app is needed" in refused(output, ImageError, None, output)


def test_xorriso_absent_says_how_to_install_it(
    app: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "apt install xorriso" in refused(output, ToolError, app, output)


def test_xorriso_that_fails_is_quoted(
    app: Path, output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = tmp_path / "bin/xorriso"
    stand_in.parent.mkdir()
    stand_in.write_text(
        "#!/bin/sh\necho 'libisofs: NOTE : fine' >&2\n"
        "echo 'libisofs: FAILURE : The moon is in the way' >&2\nexit 5\n"
    )
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stand_in.parent}:{os.environ['PATH']}")
    assert "The moon is in the way" in refused(output, ToolError, app, output)


def test_names_that_differ_only_in_case(app: Path, output: Path) -> None:
    (app / "Contents/readme.txt").touch()
    (app / "Contents/README.txt").touch()
    said = refused(output, ImageError, app, output)
    assert "README.txt" in said
    assert "readme.txt" in said
    assert "one name on a Mac's disk" in said


def test_names_that_differ_only_in_composition(app: Path, output: Path) -> None:
    (app / "Contents/\u00e9").touch()
    (app / "Contents/e\u0301").touch()
    assert "one name on a Mac's disk" in refused(output, ImageError, app, output)


def test_a_name_that_no_mac_can_hold(app: Path, output: Path) -> None:
    (app / "Contents" / ("가" * 85)).touch()
    (app / "Contents" / ("ǖ" * 120)).touch()
    assert "360 characters" in refused(output, ImageError, app, output)


def test_a_name_that_is_not_utf8(app: Path, output: Path) -> None:
    Path(os.fsdecode(os.fsencode(app / "Contents") + b"/\xff")).touch()
    assert "not UTF-8" in refused(output, ImageError, app, output)


def test_a_pipe_in_the_app(app: Path, output: Path) -> None:
    os.mkfifo(app / "Contents/pipe")
    assert "pipe, socket or device" in refused(output, ImageError, app, output)


def test_a_missing_background(app: Path, output: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.py"
    settings.write_text('files = [defines["app"]]\nbackground = "art/background.png"\n')
    said = refused(output, ImageError, app, output, settings)
    assert "background names art/background.png, which is not there" in said


def test_a_background_that_is_no_picture(app: Path, output: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.py"
    settings.write_text('files = [defines["app"]]\nbackground = "settings.py"\n')
    assert "it is no picture" in refused(output, ImageError, app, output, settings)


def test_an_icon_that_is_no_icns(app: Path, output: Path) -> None:
    info = app / "Contents/Info.plist"
    settings = DmgSettings(files=((app, app.name),), icon=info)
    assert "is no .icns file" in refused(output, ImageError, app, output, settings)
    settings = DmgSettings(files=((app, app.name),), badge_icon=info)
    assert "it is no icon" in refused(output, ImageError, app, output, settings)


def test_settings_for_another_app(app: Path, output: Path, tmp_path: Path) -> None:
    other = small_app(tmp_path, "Other.app")
    settings = DmgSettings(files=((other, other.name),))
    said = refused(output, ImageError, app, output, settings)
    assert "is not what the settings put into the image" in said


def test_two_things_of_one_name(app: Path, output: Path) -> None:
    settings = DmgSettings(files=((app, "x"),), symlinks={"x": "/Applications"})
    assert "would hold x twice" in refused(output, ImageError, app, output, settings)


@pytest.mark.parametrize("place", ["../out", "", ".", "a/../../b"])
def test_a_place_outside_the_volume(place: str, app: Path, output: Path) -> None:
    settings = DmgSettings(files=((app, place),))
    assert "is no name for a file" in refused(output, ImageError, app, output, settings)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"filesystem": "APFS"}, "on a Mac only"),
        ({"license": {"default-language": "en_US"}}, "on a Mac only"),
        ({"create_hook": print}, "needs a mounted image"),
        ({"format": "UDCO"}, "on a Mac only"),
        ({"format": "UDZO", "compression_level": 99}, "has levels 1 to 12"),
        ({"format": "ULFO", "compression_level": 1}, "has no levels"),
    ],
)
def test_what_only_a_mac_can_do(
    change: dict[str, object], said: str, app: Path, output: Path
) -> None:
    settings = DmgSettings(files=((app, app.name),), **change)  # type: ignore[arg-type]
    assert said in refused(output, ImageError, app, output, settings)


def test_a_format_that_is_none(app: Path, output: Path) -> None:
    said = refused(output, ImageError, app, output, image_format="ZIP")
    assert "'ZIP' is no format of an image. Use one of UDZO, UDBZ" in said


def test_lzfse_without_its_library(
    app: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "lzfse", None)
    said = refused(output, ImageError, app, output, image_format="ULFO")
    assert "pip install lzfse" in said


def test_a_file_that_may_not_be_read(app: Path, output: Path) -> None:
    secret = app / "Contents/secret"
    secret.touch()
    secret.chmod(0)
    if os.access(secret, os.R_OK):
        # The superuser may read everything: be somebody else for the look.
        assert os.geteuid() == 0
        for folder in (app.parent, *app.parent.parents):
            if folder.owner() == "root" and folder != Path("/"):
                folder.chmod(stat.S_IMODE(folder.stat().st_mode) | 0o055)
        output.parent.chmod(0o777)
        script = (
            "import os, sys; from pathlib import Path\n"
            "from plover_tray.image.contents import collect\n"
            "'codecs are loaded first'.encode('utf-16-be'); os.setuid(65534)\n"
            "try: collect([(Path(sys.argv[1]), 'x')], {}, 0)\n"
            "except Exception as error: print(error); sys.exit(7)\n"
        )
        ended = subprocess.run(
            [sys.executable, "-c", script, app], capture_output=True, text=True, check=False
        )
        assert ended.returncode == 7, ended.stderr
        assert "may not be read" in ended.stdout
    else:
        assert "may not be read" in refused(output, ImageError, app, output)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from plover_tray.errors import StagingError
from plover_tray.image import make_dmg

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit, when = int(sys.argv[3]), sys.argv[4]

def fill(told=None):
    if told is None or (told.step == "pack" and when == "pack"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

if when == "volume":
    fill()
try:
    app, output = Path(sys.argv[1]), Path(sys.argv[2])
    make_dmg(app, output, backend="builtin", image_format="UDRO", progress=fill)
except StagingError as error:
    print(error)
    sys.exit(7)
"""


@pytest.mark.parametrize("when", ["volume", "pack"])
def test_a_disk_that_is_full_at_any_step(when: str, tmp_path: Path, output: Path) -> None:
    tool("xorriso")
    app = make_app(tmp_path, "App.app", big=6_000_000)
    ended = subprocess.run(
        [sys.executable, "-c", FULL_DISK, app, output, "3000000", when],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 7, ended.stderr
    assert len(ended.stdout.splitlines()) == 1
    assert list(output.parent.iterdir()) == []


def test_too_little_room_is_said_before_anything_is_written(
    app: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(output.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1 << 20))
    assert "has 1 MB free" in refused(output, StagingError, app, output)


KILLED = """
import os, signal, sys
from pathlib import Path
from plover_tray.image import make_dmg

def kill(told):
    if told.step == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)

make_dmg(Path(sys.argv[1]), Path(sys.argv[2]), backend="builtin", progress=kill)
"""


@pytest.mark.parametrize("step", ["volume", "pack"])
def test_what_a_killed_run_leaves_is_removed_by_the_next(
    step: str, app: Path, output: Path
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, app, output, step], capture_output=True, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    assert not output.exists()
    make_dmg(app, output, source_date_epoch=EPOCH, backend="builtin")
    assert [path.name for path in output.parent.iterdir()] == [output.name]


def test_an_interrupt_leaves_nothing(app: Path, output: Path) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_dmg(app, output, backend="builtin", progress=interrupt)
    assert list(output.parent.iterdir()) == []


@pytest.mark.parametrize("text", ["yesterday", "-5", "1.5", "٣", "9" * 30])
def test_an_epoch_that_is_no_number(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from plover_tray.image import epoch_from_environment

    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    with pytest.raises(ImageError, match="not a number of seconds"):
        epoch_from_environment()


def test_an_epoch_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    from plover_tray.image import epoch_from_environment

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert epoch_from_environment() == EPOCH
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert epoch_from_environment() is None


@pytest.mark.parametrize("epoch", [0, 10**17])
def test_an_epoch_beyond_what_hfs_can_hold(epoch: int, app: Path, output: Path) -> None:
    make_dmg(app, output, source_date_epoch=epoch, backend="builtin")
    with read_dmg(output) as dmg:
        assert dmg.faults() == ()
        assert dmg.volume.header.created in (2_082_844_800, 0xFFFFFFFF)


def test_the_memory_of_a_large_app_stays_small(tmp_path: Path) -> None:
    tool("xorriso")
    app = small_app(tmp_path)
    with (app / "Contents/large").open("wb") as file:
        file.truncate(400 << 20)
    # Linux' ru_maxrss would count this test's own process, from which the other was forked.
    script = (
        "import resource, sys; from pathlib import Path; from plover_tray.image import make_dmg\n"
        "make_dmg(Path(sys.argv[1]), Path(sys.argv[2]), backend='builtin', image_format='UDZO')\n"
        "if sys.platform == 'linux':\n"
        "    status = Path('/proc/self/status').read_text().partition('VmHWM:')[2]\n"
        "    print(status.split()[0])\n"
        "else:\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, app, tmp_path / "large.dmg"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(ended.stdout) < 200_000
