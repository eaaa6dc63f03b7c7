"""What is mended before sealing: planned, printed, done, and then it can be sealed."""

import shutil
from pathlib import Path

import pytest
from signature.parts import FRAMEWORK, library, tool

from plover_tray.errors import SigningError
from plover_tray.signature.sealable import StepKind, plan_sealable
from plover_tray.signature.verify import verify
from plover_tray.signing.make_sealable import apply_steps
from plover_tray.signing.options import SignOptions
from plover_tray.signing.sign import seal_in_place

IN_APP = f"Contents/Frameworks/{FRAMEWORK}"


def steps(app: Path, **options: bool) -> list[tuple[str, str, str]]:
    plan = plan_sealable(app, **options)
    assert plan.obstacles == ()
    return [(step.kind.value, step.path, step.target) for step in plan.steps]


def mended(app: Path) -> tuple[str, ...]:
    """Mend, seal, verify; what was done, in words."""
    report = seal_in_place(app)
    assert [p for p in verify(app).problems if p.breaks] == []
    assert plan_sealable(app).steps == ()
    return report.steps


def test_a_wheels_framework_gets_its_links_back(app: Path) -> None:
    assert steps(app) == [("restore", IN_APP, f"{IN_APP}/Versions/A")]
    (text,) = mended(app)
    assert (
        text
        == f"Give {IN_APP} its links back: wheels carry no links, and codesign calls it ambiguous"
    )
    framework = app / IN_APP
    assert (framework / "Versions/Current").readlink() == Path("A")
    assert (framework / "Resources").readlink() == Path("Versions/Current/Resources")
    assert (framework / "QtConcurrent").readlink() == Path("Versions/Current/QtConcurrent")
    assert sorted(path.name for path in framework.iterdir()) == [
        "QtConcurrent", "Resources", "Versions",
    ]  # fmt: skip


def test_what_lies_at_a_frameworks_top_only_is_kept_inside(app: Path) -> None:
    (app / IN_APP / "QtConcurrent.prl").write_text("x")
    mended(app)
    assert (app / IN_APP / "Versions/A/Resources/QtConcurrent.prl").read_text() == "x"
    assert (app / IN_APP / "QtConcurrent.prl").is_symlink()


def test_a_frameworks_resources_that_differ_are_for_a_person_to_merge(app: Path) -> None:
    (app / IN_APP / "Resources/Info.plist").write_text("other")
    plan = plan_sealable(app)
    assert [o.path for o in plan.obstacles] == [f"{IN_APP}/Resources"]
    with pytest.raises(SigningError, match="It differs from"):
        seal_in_place(app)


def test_a_current_version_that_is_a_folder_becomes_a_link(app: Path) -> None:
    (app / IN_APP / "Versions/A").rename(app / IN_APP / "Versions/Current")
    mended(app)
    assert (app / IN_APP / "Versions/Current").readlink() == Path("A")
    assert (app / IN_APP / "Versions/A/QtConcurrent").is_file()


@pytest.mark.parametrize("target", ["/", "../../..", "/nowhere", "../../../MacOS"])
def test_a_current_version_that_leads_elsewhere_touches_nothing_there(
    app: Path, target: str
) -> None:
    (app / IN_APP / "Versions/Current").symlink_to(target)
    before = sorted((app / "Contents/MacOS").iterdir())
    plan = plan_sealable(app)
    apply_steps(app, plan)
    assert sorted((app / "Contents/MacOS").iterdir()) == before
    if not plan.obstacles:
        assert (app / IN_APP / "Versions/Current").readlink() == Path("A")


def test_finders_droppings_go(app: Path) -> None:
    contents = app / "Contents"
    (contents / "Resources/.DS_Store").write_bytes(b"x")
    (contents / "MacOS/._Small").write_bytes(b"\x00\x05\x16\x07" + bytes(20))
    (app / "__MACOSX").mkdir()
    (contents / "Resources/._mine").write_bytes(b"not an AppleDouble file")
    found = {path for kind, path, _ in steps(app) if kind == "remove"}
    assert found == {"Contents/Resources/.DS_Store", "Contents/MacOS/._Small", "__MACOSX"}
    mended(app)
    assert (contents / "Resources/._mine").exists()


def test_leftovers_go_when_asked(app: Path) -> None:
    lib = app / "Contents/Resources/lib/python3.13"
    (lib / "__pycache__").mkdir()
    (lib / "__pycache__/os.pyc").write_bytes(b"x")
    (lib / "libx.a").write_bytes(b"!<arch>\n")
    assert all(kind == "restore" for kind, *_ in steps(app))
    found = {
        Path(path).name for kind, path, _ in steps(app, drop_leftovers=True) if kind == "remove"
    }
    assert found == {"__pycache__", "libx.a"}
    seal_in_place(app, SignOptions(drop_leftovers=True))
    assert not (lib / "__pycache__").exists()
    assert verify(app).ok


def test_data_among_code_moves_to_resources_and_is_still_found(app: Path) -> None:
    contents = app / "Contents"
    (contents / "MacOS/notes.txt").write_text("read me")
    (contents / "stray.cfg").write_text("x = 1")
    (contents / "Frameworks/data").mkdir()
    (contents / "Frameworks/data/table.json").write_text("{}")
    texts = mended(app)
    moved = "Move Contents/MacOS/notes.txt to Contents/Resources/notes.txt, leaving a link"
    assert f"{moved}: only code may lie there" in texts
    assert (contents / "MacOS/notes.txt").read_text() == "read me"
    assert (contents / "MacOS/notes.txt").is_symlink()
    assert (contents / "stray.cfg").read_text() == "x = 1"
    assert (contents / "Frameworks/data/table.json").read_text() == "{}"


def test_a_folder_with_a_dot_in_its_name_moves_as_a_whole(app: Path) -> None:
    """cx_Freeze's lib/python3.13, and any folder that codesign would take for a bundle."""
    folder = app / "Contents/MacOS/lib/python3.13"
    folder.mkdir(parents=True)
    (folder / "os.py").write_text("x")
    shutil.copy(library(), folder / library().name)
    assert ("move", "Contents/MacOS/lib/python3.13", "Contents/Resources/MacOS/lib/python3.13") in (
        steps(app)
    )
    mended(app)
    assert (folder / "os.py").read_text() == "x"


def test_a_name_that_is_taken_in_resources_is_not_overwritten(app: Path) -> None:
    (app / "Contents/MacOS/icon.icns").write_text("another")
    mended(app)
    assert (app / "Contents/MacOS/icon.icns").read_text() == "another"
    assert (app / "Contents/Resources/MacOS/icon.icns").read_text() == "another"
    assert (app / "Contents/Resources/icon.icns").read_bytes().startswith(b"icns")


def test_a_folder_whose_links_lead_out_of_it_stays_and_is_named(app: Path) -> None:
    folder = app / "Contents/MacOS/data.d"
    folder.mkdir()
    (folder / "link").symlink_to("../../Resources/icon.icns")
    (obstacle,) = plan_sealable(app).obstacles
    assert obstacle.path == "Contents/MacOS/data.d"
    assert "leads to ../../Resources/icon.icns" in obstacle.message


def test_a_folder_whose_library_finds_another_outside_stays_and_is_named(app: Path) -> None:
    folder = app / "Contents/MacOS/lib.d"
    folder.mkdir()
    shutil.copy(library(), folder / library().name)
    assert not plan_sealable(app).obstacles
    (app / "Contents/MacOS/shiboken6").mkdir()  # its rpath is @loader_path/../shiboken6/
    (obstacle,) = plan_sealable(app).obstacles
    assert obstacle.path == "Contents/MacOS/lib.d"
    assert "loads @loader_path/../shiboken6" in obstacle.message


def test_a_file_beside_contents_is_for_a_person_to_move(app: Path) -> None:
    (app / "Icon\r").write_bytes(b"")
    (obstacle,) = plan_sealable(app).obstacles
    assert obstacle.path == "Icon\r"
    with pytest.raises(SigningError, match=r"Icon\\r: It lies beside Contents"):
        seal_in_place(app)


@pytest.mark.parametrize("mend", [True, False])
@pytest.mark.parametrize("target", ["/etc/passwd", "../../../elsewhere"])
def test_a_link_that_no_seal_can_hold_is_for_a_person_to_replace(
    target: str, mend: bool, app: Path
) -> None:
    (app / "Contents/Resources/link").symlink_to(target)
    with pytest.raises(SigningError, match=r"Resources/link: .*cannot be sealed") as caught:
        seal_in_place(app, SignOptions(mend=mend))
    assert caught.value.mend


def test_a_link_to_what_every_mac_has_is_sealed(app: Path) -> None:
    (app / "Contents/Resources/link").symlink_to("/usr/lib/libSystem.B.dylib")
    seal_in_place(app)
    assert verify(app).ok


def test_code_in_its_place_stays(app: Path) -> None:
    shutil.copy(tool(), app / "Contents/MacOS/helper")
    (app / "Contents/MacOS/link").symlink_to("helper")
    assert [kind for kind, *_ in steps(app)] == ["restore"]


def test_the_words_of_a_step_fit_on_one_line(app: Path) -> None:
    (app / "Contents/MacOS/a\nb.txt").write_text("x")
    for step in plan_sealable(app).steps:
        assert "\n" not in step.text
        assert step.kind in StepKind
