"""An image made off a Mac, read by programs that are not ours."""

import os
from pathlib import Path

import pytest

from image.building import EPOCH, make_app, small_app
from image.conftest import Made
from image.independent import (
    Seen,
    by_libfshfs,
    by_sleuth_kit,
    nfc,
    on_disk,
    run,
    tool,
    volume_by_libmodi,
)
from plover_tray.errors import ImageError
from plover_tray.image import make_dmg, read_dmg
from plover_tray.image.contents import collect
from plover_tray.image.hfs.check import faults
from plover_tray.image.volume import VolumePlan, build_volume

ON_EVERY_VOLUME = {".DS_Store", ".background.tiff", "Applications"}


def expected(app: Path) -> dict[str, Seen]:
    """What a volume must hold of `app`."""
    name = nfc(app.name)
    return {f"{name}/{path}": seen for path, seen in on_disk(app).items()}


def only_app(found: dict[str, Seen]) -> dict[str, Seen]:
    """Without what is made for the image."""
    return {path: seen for path, seen in found.items() if "/" in path}


def test_7zip_tests_the_image_and_extracts_the_same_app(made: Made, tmp_path: Path) -> None:
    assert run(tool("7z"), "t", made.image).returncode == 0
    ended = run(tool("7z"), "x", "-snld", f"-o{tmp_path}", made.image)
    assert b"Everything is Ok" in ended.stdout
    (volume,) = tmp_path.iterdir()
    found = only_app(on_disk(volume))
    wanted = expected(made.app)
    wanted = {path.replace(":", "_"): seen for path, seen in expected(made.app).items()}
    assert set(found) == set(wanted)
    for path, seen in wanted.items():
        if seen.content != "/Applications":  # 7-Zip makes absolute links relative
            assert (seen.kind, seen.content) == (found[path].kind, found[path].content), path


def test_libfshfs_reads_the_same_names_modes_links_and_bytes(made: Made, volume_file: Path) -> None:
    found = by_libfshfs(volume_file)
    assert only_app(found) == expected(made.app)
    assert {path for path in found if "/" not in path} == {nfc(made.app.name), *ON_EVERY_VOLUME}
    assert found["Applications"] == Seen("symlink", 0o777, "/Applications")


def test_the_sleuth_kit_reads_the_same_names_modes_links_and_bytes(
    made: Made, volume_file: Path
) -> None:
    found, unread = by_sleuth_kit(volume_file)
    wanted = expected(made.app)
    for folder in unread:
        wanted = {path: seen for path, seen in wanted.items() if not path.startswith(f"{folder}/")}
    assert only_app(found) == wanted
    assert len(wanted) > 20


def test_libmodi_and_dmg2img_unpack_the_same_volume(made: Made, volume_file: Path) -> None:
    data = volume_file.read_bytes()
    assert volume_by_libmodi(made.image) == data
    with read_dmg(made.image) as dmg:
        source = dmg.volume.source
        assert source.read(0, source.size) == data


def test_what_we_extract_is_the_app(made: Made, tmp_path: Path) -> None:
    with read_dmg(made.image) as dmg:
        dmg.check_whole()
        extracted = dmg.extract_app(tmp_path)
    assert on_disk(extracted) == on_disk(made.app)
    assert extracted.name == made.report.volume_name + ".app" or nfc(extracted.name) == nfc(
        made.app.name
    )


def test_dates_are_kept_where_they_are_before_the_epoch(made: Made, tmp_path: Path) -> None:
    with read_dmg(made.image) as dmg:
        extracted = dmg.extract_app(tmp_path)
    for path in made.app.rglob("*"):
        copy = extracted / path.relative_to(made.app)
        if copy.exists() and path.name.isascii() and not path.is_symlink():
            wanted = min(int(path.stat().st_mtime), EPOCH)
            assert int(copy.stat().st_mtime) == wanted, path


def test_an_extracted_app_is_gone_when_the_image_is_closed(made: Made) -> None:
    with read_dmg(made.image) as dmg:
        extracted = dmg.extract_app()
        assert (extracted / "Contents/Info.plist").is_file()
    assert not extracted.exists()
    assert not extracted.parent.exists()


@pytest.mark.parametrize(
    ("image_format", "method", "readers"),
    [
        ("UDZO", b"ZLIB", ("7z", "dmg2img")),
        ("UDBZ", b"BZip2", ("7z", "dmg2img")),
        ("ULMO", b"XZ", ("7z",)),
        ("ULFO", b"LZFSE", ("7z",)),
        ("UDRO", b"Copy", ("7z", "dmg2img")),
    ],
)
def test_each_format_is_read_by_others_and_by_us(
    image_format: str, method: bytes, readers: tuple[str, ...], tmp_path: Path
) -> None:
    tool("xorriso")
    app = make_app(tmp_path, "App.app", big=3_000_000)
    image = tmp_path / "app.dmg"
    report = make_dmg(app, image, image_format=image_format, backend="builtin")
    assert report.image_format == image_format
    with read_dmg(image) as dmg:
        assert dmg.faults() == ()
        source = dmg.volume.source
        volume = source.read(0, source.size)
        assert on_disk(dmg.extract_app()) == on_disk(app)
    tested = run(tool("7z"), "t", image)
    assert tested.returncode == 0
    assert method in tested.stdout
    if "dmg2img" in readers:
        other = tmp_path / "volume"
        assert run(tool("dmg2img"), "-i", image, "-o", other).returncode == 0
        assert other.read_bytes() == volume


def test_a_volume_is_as_fsck_hfs_wants_it(made: Made) -> None:
    with read_dmg(made.image) as dmg:
        assert list(faults(dmg.volume)) == []


def test_two_names_of_one_file_do_not_share_blocks(made: Made) -> None:
    with read_dmg(made.image) as dmg:
        one, other = (
            entry
            for path, entry in dmg.volume.entries.items()
            if path.endswith(("MacOS/run", "MacOS/run-too"))
        )
        assert one.fork.extents != other.fork.extents
        assert dmg.volume.read(one, 100) == dmg.volume.read(other, 100) == b"#!/bin/sh\nexit 0\n"


def shuffled_copy(app: Path, folder: Path) -> Path:
    """The same app, made in another order and with later dates."""
    copy = folder / app.name
    copy.mkdir(parents=True)
    for path in sorted(app.rglob("*"), reverse=True):
        target = copy / path.relative_to(app)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            target.symlink_to(path.readlink())
        elif path.is_dir():
            target.mkdir(exist_ok=True)
        else:
            target.write_bytes(path.read_bytes())
    for path in app.rglob("*"):
        if not path.is_symlink():
            (copy / path.relative_to(app)).chmod(path.stat().st_mode)
    return copy


@pytest.fixture
def newer_app(tmp_path: Path) -> Path:
    """An app whose files are all newer than the epoch."""
    app = make_app(tmp_path, "App.app", big=100_000)
    for path in (app, *app.rglob("*")):
        os.utime(path, follow_symlinks=False)
    return app


def test_the_same_app_and_epoch_give_the_same_bytes(newer_app: Path, tmp_path: Path) -> None:
    tool("xorriso")
    copy = shuffled_copy(newer_app, tmp_path / "elsewhere")
    for number, path in enumerate((copy, *copy.rglob("*"))):
        os.utime(path, (EPOCH + number, EPOCH + number), follow_symlinks=False)
        if os.geteuid() == 0:
            os.chown(path, 1234, 4321, follow_symlinks=False)
    images = [tmp_path / "one.dmg", tmp_path / "other.dmg"]
    for app, image, threads in zip((newer_app, copy), images, (1, 3), strict=True):
        make_dmg(app, image, source_date_epoch=EPOCH, backend="builtin", threads=threads)
    one, other = (image.read_bytes() for image in images)
    assert one == other


def test_everything_on_the_volume_belongs_to_nobody_in_particular(tmp_path: Path) -> None:
    tool("xorriso")
    app = small_app(tmp_path)
    for path in (app, *app.rglob("*")):
        if os.geteuid() == 0:
            os.chown(path, 1234, 4321)
    make_dmg(app, tmp_path / "image.dmg", backend="builtin")
    with read_dmg(tmp_path / "image.dmg") as dmg:
        assert {record.data[32:40] for record in dmg.volume.records} == {bytes(8)}


def test_an_app_that_changes_while_it_is_copied_is_refused(tmp_path: Path) -> None:
    tool("xorriso")
    app = small_app(tmp_path)
    contents = collect([(app, app.name)], {}, EPOCH)
    (app / "Contents/MacOS/run").write_bytes(b"longer than it was")
    plan = VolumePlan("Small", contents, EPOCH, True, {}, False, None)
    (tmp_path / "one").mkdir()
    with pytest.raises(ImageError, match="MacOS/run changed while it was copied"):
        build_volume(plan, tmp_path / "one")
    (app / "Contents/new").touch()
    (tmp_path / "two").mkdir()
    with pytest.raises(ImageError, match="Contents/new onto the volume, which is new"):
        build_volume(plan, tmp_path / "two")
    (app / "Contents/new").unlink()
    (app / "Contents/MacOS/run").unlink()
    (tmp_path / "three").mkdir()
    with pytest.raises(ImageError, match=r"did not put .*MacOS/run onto the volume"):
        build_volume(plan, tmp_path / "three")


def test_another_app_gives_the_volume_another_identifier(tmp_path: Path) -> None:
    tool("xorriso")
    identifiers = set()
    for text in ("one", "two"):
        app = small_app(tmp_path / text)
        (app / "Contents" / text).touch()
        image = tmp_path / f"{text}.dmg"
        make_dmg(app, image, source_date_epoch=EPOCH, backend="builtin")
        with read_dmg(image) as dmg:
            identifiers.add(dmg.volume.source.read(1024 + 104, 8))
    assert len(identifiers) == 2


@pytest.mark.parametrize("name", ["Plover 5.4.2", "X", "Plovér", "가나다", "n" * 27])
def test_the_volume_has_its_name(name: str, tmp_path: Path) -> None:
    tool("xorriso")
    image = tmp_path / "image.dmg"
    make_dmg(small_app(tmp_path), image, volume_name=name, backend="builtin")
    with read_dmg(image) as dmg:
        assert nfc(dmg.volume.name) == nfc(name)
        assert list(faults(dmg.volume)) == []
    assert f"{name}/Small.app".encode() in run(tool("7z"), "l", image).stdout or not name.isascii()


def test_progress_reaches_the_end_of_each_step(tmp_path: Path) -> None:
    tool("xorriso")
    told: dict[str, list[tuple[int, int]]] = {}
    make_dmg(
        make_app(tmp_path),
        tmp_path / "image.dmg",
        backend="builtin",
        progress=lambda p: told.setdefault(p.step, []).append((p.done, p.total)),
    )
    assert set(told) == {"volume", "pack"}
    for steps in told.values():
        assert [done for done, _ in steps] == sorted(done for done, _ in steps)
        assert steps[-1][0] == steps[-1][1] > 0


def test_names_that_a_seal_would_miss_are_told(made: Made, tmp_path: Path) -> None:
    (told,) = (note for note in made.report.notes if "Unicode form" in note)
    assert told.startswith("3 names in the app")
    app = small_app(tmp_path, "Äpp.app")
    notes = make_dmg(app, tmp_path / "image.dmg", backend="builtin").notes
    assert not any("Unicode form" in note for note in notes)


def test_the_report_says_that_no_mac_has_mounted_it(made: Made) -> None:
    assert any("no Mac has mounted" in note for note in made.report.notes)
    assert made.report.size == made.image.stat().st_size
