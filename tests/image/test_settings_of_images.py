"""dmgbuild's settings: an image gets what a project's file says, and mistakes in it are named."""

import json
import plistlib
from pathlib import Path
from typing import Any

import pytest
from ds_store import DSStore
from mac_alias import Alias
from PIL import Image

from image.building import EPOCH, small_app
from image.independent import tool
from image.played_mac import dmgbuild_modules
from plover_tray.errors import ImageError
from plover_tray.image import DmgSettings, default_settings, load_settings, make_dmg, read_dmg
from plover_tray.image.dmgbuild_backend import options
from plover_tray.image.settings.checks import settings_from
from plover_tray.image.settings.settings import COLUMNS

IN_PLOVERS_STYLE = """
import os.path
import plistlib

defines = globals().get("defines", {})
application = defines.get("app", "./dist/Small.app")
appname = os.path.basename(application)

def icon_from_app(app_path):
    with open(os.path.join(app_path, "Contents", "Info.plist"), "rb") as plist_file:
        name = plistlib.load(plist_file)["CFBundleIconFile"]
    root, ext = os.path.splitext(name)
    return os.path.join(app_path, "Contents", "Resources", root + (ext or ".icns"))

format = defines.get("format", "UDBZ")
files = [application]
symlinks = {"Applications": "/Applications"}
badge_icon = icon_from_app(application)
icon_locations = {appname: (114, 244), "Applications": (527, 236)}
background = "osx/dmg_resources/background.png"
show_status_bar = False
window_rect = ((100, 100), (640, 380))
default_view = "icon-view"
include_icon_view_settings = "auto"
arrange_by = None
grid_offset = (0, 0)
grid_spacing = 50
label_pos = "bottom"
text_size = 16
icon_size = 86
"""
"""What opensteno/plover's osx/dmg_resources/settings.py does, in our words."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project as Plover's is, with the current folder in it."""
    app = small_app(tmp_path / "dist")
    (app / "Contents/Resources").mkdir()
    Image.new("RGBA", (256, 256), (30, 90, 80, 255)).save(app / "Contents/Resources/small.icns")
    info = {"CFBundleExecutable": "run", "CFBundleIconFile": "small"}
    (app / "Contents/Info.plist").write_bytes(plistlib.dumps(info))
    resources = tmp_path / "osx/dmg_resources"
    resources.mkdir(parents=True)
    (resources / "settings.py").write_text(IN_PLOVERS_STYLE)
    Image.new("RGB", (640, 380), (200, 210, 220)).save(resources / "background.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings_file(folder: Path, text: str, name: str = "settings.py") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def ds_store_of(image: Path, work: Path) -> dict[tuple[str, str], Any]:
    """The records of an image's .DS_Store, read by ds_store."""
    with read_dmg(image) as dmg:
        (work / "store").write_bytes(dmg.volume.read(dmg.volume.entries[".DS_Store"], 1 << 20))
    with DSStore.open(str(work / "store"), "r") as store:
        return {(entry.filename, entry.code.decode()): entry.value for entry in store}


def test_a_file_in_plovers_style_works_unchanged(project: Path) -> None:
    tool("xorriso")
    report = make_dmg(
        Path("dist/Small.app"),
        Path("out.dmg"),
        Path("osx/dmg_resources/settings.py"),
        volume_name="Plover 5.4.2",
        source_date_epoch=EPOCH,
        backend="builtin",
    )
    assert report.image_format == "UDBZ"
    store = ds_store_of(project / "out.dmg", project)
    assert store["Small.app", "Iloc"] == (114, 244)
    assert store["Applications", "Iloc"] == (527, 236)
    assert store[".", "bwsp"]["WindowBounds"] == "{{100, 100}, {640, 380}}"
    assert (store[".", "icvp"]["iconSize"], store[".", "icvp"]["gridSpacing"]) == (86.0, 50.0)
    with read_dmg(project / "out.dmg") as dmg:
        volume = dmg.volume
        assert volume.name == "Plover 5.4.2"
        assert {".background.png", ".VolumeIcon.icns"} <= set(volume.entries)
        picture = volume.read(volume.entries[".background.png"], 1 << 20)
        assert picture == Path("osx/dmg_resources/background.png").read_bytes()
        assert volume.read(volume.entries[".VolumeIcon.icns"], 1 << 24)[:4] == b"icns"


def test_the_alias_leads_to_the_background(project: Path) -> None:
    tool("xorriso")
    make_dmg(Path("dist/Small.app"), Path("out.dmg"), volume_name="Né", backend="builtin")
    view = ds_store_of(project / "out.dmg", project)[".", "icvp"]
    assert view["backgroundType"] == 2
    alias = Alias.from_bytes(view["backgroundImageAlias"])
    with read_dmg(project / "out.dmg") as dmg:
        entry = dmg.volume.entries[".background.tiff"]
        assert alias.target.cnid == entry.record.node_id
        assert alias.target.folder_cnid == 2
        created = int((alias.volume.creation_date).timestamp()) + 2_082_844_800
        assert created == dmg.volume.header.created
    assert (alias.volume.name, alias.target.posix_path) == ("Né", "/.background.tiff")
    assert alias.volume.posix_path == "/Volumes/Né"


def test_the_volume_icon_and_hidden_files_are_marked(project: Path) -> None:
    tool("xorriso")
    settings = DmgSettings(
        files=((Path("dist/Small.app"), "Small.app"), (Path("osx"), "osx")),
        badge_icon=Path("dist/Small.app/Contents/Resources/small.icns"),
        hide=("osx", "not-there"),
        hide_extensions=("Small.app",),
    )
    report = make_dmg(None, Path("out.dmg"), settings, backend="builtin")
    assert any("`hide` names not-there" in note for note in report.notes)
    with read_dmg(Path("out.dmg")) as dmg:
        entries = dmg.volume.entries
        assert entries["osx"].finder_flags == 0x4000
        assert entries["Small.app"].finder_flags == 0x0010
        (root,) = (r for r in dmg.volume.records if r.node_id == 2)
        assert root.data[56:58] == b"\x04\x00"


def test_pictures_for_sharp_screens_are_joined(project: Path) -> None:
    tool("xorriso")
    resources = project / "osx/dmg_resources"
    Image.new("RGB", (1280, 760), (1, 2, 3)).save(resources / "background@2x.png")
    make_dmg(Path("dist/Small.app"), Path("out.dmg"), resources / "settings.py", backend="builtin")
    with read_dmg(Path("out.dmg")) as dmg:
        data = dmg.volume.read(dmg.volume.entries[".background.tiff"], 1 << 24)
    (project / "joined.tiff").write_bytes(data)
    with Image.open(project / "joined.tiff") as joined:
        pages = []
        for page in range(2):
            joined.seek(page)
            pages.append((joined.size, joined.info["dpi"]))
    assert pages == [((640, 380), (72.0, 72.0)), ((1280, 760), (144.0, 144.0))]


def test_a_picture_of_the_wrong_size_beside_it_is_named(project: Path) -> None:
    tool("xorriso")
    Image.new("RGB", (1000, 760)).save(project / "osx/dmg_resources/background@2x.png")
    with pytest.raises(ImageError, match=r"background@2x\.png has 1000 x 760 pixels"):
        make_dmg(
            Path("dist/Small.app"),
            Path("out.dmg"),
            Path("osx/dmg_resources/settings.py"),
            backend="builtin",
        )


def test_what_is_defined_is_seen(project: Path) -> None:
    path = Path("osx/dmg_resources/settings.py")
    assert load_settings(path, defines={"format": "ULMO"}).format == "ULMO"
    assert load_settings(path).files == ((Path("./dist/Small.app"), "Small.app"),)
    app = small_app(project / "elsewhere", "Other.app")
    (app / "Contents/Resources").mkdir()
    Path("dist/Small.app/Contents/Resources/small.icns").rename(
        app / "Contents/Resources/small.icns"
    )
    (app / "Contents/Info.plist").write_bytes(plistlib.dumps({"CFBundleIconFile": "small.icns"}))
    assert load_settings(path, app=app).files == ((app, "Other.app"),)


def test_paths_are_also_looked_for_beside_the_file(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = settings_file(project / "osx/dmg_resources", 'background = "background.png"')
    monkeypatch.chdir("/")
    assert load_settings(path).background == project / "osx/dmg_resources/background.png"


def test_the_file_sees_dmgbuilds_defaults_and_may_name_volume_and_output(tmp_path: Path) -> None:
    path = settings_file(
        tmp_path,
        'icon_size = icon_size / 2\nhide.append("x")\nvolume_name = volume_name + " 2"\n'
        'filename = "other.dmg"\nsize = size\n',
    )
    settings = load_settings(path, volume_name="App", filename="out.dmg")
    assert (settings.icon_size, settings.hide) == (64.0, ("x",))
    assert (settings.volume_name, settings.filename) == ("App 2", "other.dmg")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "a = 1\nraise ValueError('no icon\\nat all')",
            "settings.py, line 2: ValueError: no icon.",
        ),
        ("def f():\n    return {}['key']\nx = f()", "settings.py, line 2: KeyError: 'key'."),
        ("x = (", "settings.py, line 1: SyntaxError"),
        ("import sys\nsys.exit(3)", "settings.py, line 2: SystemExit: 3."),
        ("\0", "settings.py"),
        ("# -*- coding: no-such -*-", "SyntaxError: unknown encoding"),
        ("import no_such_module_at_all", "ModuleNotFoundError"),
        ("files = 'App.app'", "files must be a list, not 'App.app'"),
        ("files = ['.'] * 10_001", "files has more than 10,000 entries"),
        ("volume_name = 5", "volume_name must be a string, not 5"),
        ("icon_size = 10 ** 5000", "icon_size must be a number, not a value of the type int"),
        ("class C:\n    def __bool__(self): 1 / 0\nshow_sidebar = C()", "show_sidebar is a value"),
        ("list_sort_by = 'taste'", "list_sort_by is 'taste', not one of name, date-modified"),
        ("files = [7]", "files must be a list of paths"),
        ("files = ['nope.app']", "files names nope.app, which is not there"),
        ("files = ['a\\0b']", "files names an empty path"),
        ("symlinks = ['Applications']", "symlinks must be a dictionary"),
        ("symlinks = {'A': 7}", "symlinks must be a dictionary from names to targets"),
        ("icon_locations = {'A': 7}", "icon_locations must be made of pairs"),
        ("icon_locations = {'A': ('x', 1)}", "icon_locations must be a number, not 'x'"),
        ("window_rect = (1, 2, 3)", "window_rect must be ((x, y), (width, height))"),
        ("window_rect = ((1, 2), (0, 3))", "window_rect has a size that no window has"),
        ("icon_size = 'big'", "icon_size must be a number, not 'big'"),
        ("icon_size = float('nan')", "icon_size is nan"),
        ("text_size = 4000", "text_size is 4000, and must be at most 96"),
        ("format = 'ZIP'", "format is 'ZIP', not one of"),
        ("filesystem = 'ext4'", "filesystem is 'ext4'"),
        ("default_view = 'cinema'", "default_view is 'cinema'"),
        ("label_pos = 'left'", "label_pos is 'left'"),
        ("list_columns = ('taste',)", "list_columns names 'taste'"),
        ("hide = [1]", "hide must be a list of strings, and holds 1"),
        ("badge_icon = 'no.icns'", "badge_icon names no.icns, which is not there"),
        ("background = 'no.png'", "background names no.png, which is not there"),
        ("compression_level = 'most'", "compression_level must be a whole number"),
    ],
)
def test_a_mistake_in_the_file_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    path = settings_file(tmp_path, text)
    with pytest.raises(ImageError) as caught:
        load_settings(path)
    assert said in caught.value.message
    assert "\n" not in str(caught.value)


def test_settings_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="cannot be read: No such file"):
        load_settings(tmp_path / "settings.py")


def test_what_the_file_prints_does_not_reach_stdout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load_settings(settings_file(tmp_path, "print('hello')"))
    assert capsys.readouterr() == ("", "hello\n")


JSON = {
    "title": "Test",
    "background": "builtin-arrow",
    "format": "UDZO",
    "compression-level": 9,
    "window": {"position": {"x": 1, "y": 2}, "size": {"width": 300, "height": 280}},
    "contents": [
        {"x": 140, "y": 120, "type": "link", "path": "/Applications"},
        {"x": 500, "y": 120, "type": "file", "path": "Small.app", "hide_extension": True},
        {"x": 9, "y": 9, "type": "file", "path": "Small.app", "name": "Extra.app", "hidden": True},
        {"x": 5, "y": 6, "type": "position", "path": ".background"},
    ],
}


def test_the_json_form(tmp_path: Path) -> None:
    app = small_app(tmp_path)
    settings = load_settings(settings_file(tmp_path, json.dumps(JSON), "settings.json"))
    assert settings.volume_name == "Test"
    assert settings.files == ((app, "Small.app"), (app, "Extra.app"))
    assert settings.symlinks == {"Applications": "/Applications"}
    assert settings.icon_locations["Small.app"] == (500, 120)
    assert settings.icon_locations[".background"] == (5, 6)
    assert (settings.hide, settings.hide_extensions) == (("Extra.app",), ("Small.app",))
    assert settings.window_rect == ((1, 2), (300, 280))
    assert (settings.compression_level, settings.icon_size) == (9, 80)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "must be a dictionary"),
        ('{"contents": []}', "has no `title`"),
        ('{"title": "x"}', "with a list `contents`"),
        ('{"title": "x", "contents": [3]}', "`contents[0]` must be a dictionary"),
        ('{"title": "x", "contents": [{"x": 1, "y": 2}]}', "contents[0] has no 'path'"),
        ('{"title": "x", "contents": [{"x": 1, "path": "."}]}', "contents[0] has no 'y'"),
        ('{"title": "x", "contents": [{"x": 1, "y": 1, "path": 5}]}', "path must be a string"),
        (
            '{"title": "x", "contents": [{"x": 1, "y": 1, "path": ".", "type": "pipe"}]}',
            "of the type 'pipe'",
        ),
        ('{"title": "x", "contents": [], "window": 3}', "`window` must be a dictionary"),
    ],
)
def test_a_mistake_in_the_json_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ImageError) as caught:
        load_settings(settings_file(tmp_path, text, "settings.json"))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


# --- against dmgbuild itself, whose Mac is played ---------------------------------------------


@pytest.fixture
def dmgbuild() -> Any:
    """dmgbuild itself, told that this is a Mac."""
    return dmgbuild_modules()


def store_by_dmgbuild(
    dmgbuild: Any,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    alias: bytes = b"",
    **how: Any,
) -> dict[tuple[str, str], Any]:
    """The .DS_Store that dmgbuild itself writes; hdiutil and ditto are left out."""
    mounted = folder / "mounted"
    mounted.mkdir()
    entities = {"system-entities": [{"mount-point": str(mounted), "dev-entry": "/dev/disk9"}]}
    monkeypatch.setattr(dmgbuild.core, "hdiutil", lambda *_, **__: (0, entities))
    monkeypatch.setattr(dmgbuild.core.subprocess, "call", lambda *_: 0)
    monkeypatch.setattr(dmgbuild.core.subprocess, "check_call", lambda *_, **__: 0)
    monkeypatch.setattr(dmgbuild.core.Alias, "for_file", lambda _: Alias.from_bytes(alias))
    dmgbuild.build_dmg(str(folder / "theirs.dmg"), "Small", **how)
    with DSStore.open(str(mounted / ".DS_Store"), "r") as store:
        return {(entry.filename, entry.code.decode()): entry.value for entry in store}


def test_our_ds_store_is_dmgbuilds(
    project: Path, dmgbuild: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool("xorriso")
    path = Path("osx/dmg_resources/settings.py")
    make_dmg(Path("dist/Small.app"), Path("out.dmg"), path, backend="builtin")
    ours = ds_store_of(project / "out.dmg", project)
    alias = ours[".", "icvp"]["backgroundImageAlias"]
    theirs = store_by_dmgbuild(dmgbuild, monkeypatch, project, settings_file=str(path), alias=alias)
    assert ours == theirs


def test_our_reading_of_a_file_is_dmgbuilds(
    project: Path, dmgbuild: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What we hand to dmgbuild gives the same store as the file itself does."""
    path = settings_file(
        project,
        "icon_size = 64\nbackground = 'hsl(120.deg,.25,.5)'\n"
        "include_list_view_settings = True\nlist_columns = tuple(list_column_widths)\n"
        "icon_locations = {'A': (1, 2)}\nscroll_position = (3, 4)\narrange_by = 'size'\n",
    )
    (project / "one").mkdir()
    (project / "two").mkdir()
    by_file = store_by_dmgbuild(dmgbuild, monkeypatch, project / "one", settings_file=str(path))
    by_us = store_by_dmgbuild(
        dmgbuild, monkeypatch, project / "two", settings=options(load_settings(path))
    )
    for key in ("backgroundColorRed", "backgroundColorGreen", "backgroundColorBlue"):
        assert by_us[".", "icvp"].pop(key) == pytest.approx(by_file[".", "icvp"].pop(key))
    assert by_us == by_file


def test_our_list_view_is_dmgbuilds(
    project: Path, dmgbuild: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plover_tray.image.window.dsstore import ds_store

    values = {
        "default_view": "list-view",
        "list_columns": tuple(COLUMNS),
        "list_sort_by": "date-added",
        "list_calculate_all_sizes": (False,),
    }
    settings = settings_from(values)
    (project / "ours").write_bytes(ds_store(settings, project, None))
    with DSStore.open(str(project / "ours"), "r") as store:
        ours = {(entry.filename, entry.code.decode()): entry.value for entry in store}
    theirs = store_by_dmgbuild(dmgbuild, monkeypatch, project, settings=values)
    theirs[".", "lsvp"]["calculateAllSizes"] = bool(theirs[".", "lsvp"]["calculateAllSizes"])
    # In dmgbuild 1.6 the last column is described again for each one that is there already.
    assert ours[".", "lsvp"]["columns"].pop("comments")["visible"]
    del theirs[".", "lsvp"]["columns"]["comments"]
    assert ours == theirs


def test_the_layout_without_settings_has_the_app_on_the_left(project: Path) -> None:
    settings = default_settings(Path("dist/Small.app"))
    app, applications = (settings.icon_locations[n] for n in ("Small.app", "Applications"))
    assert app[0] < applications[0]
    assert app[1] == applications[1]
    assert settings.badge_icon == Path("dist/Small.app/Contents/Resources/small.icns")
