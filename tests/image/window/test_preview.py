"""The drawn window: what is where the settings say."""

from pathlib import Path

import pytest
from PIL import Image

from image.building import small_app
from plover_tray.errors import ImageError, OutputExistsError, StagingError
from plover_tray.image import DmgSettings, default_settings, preview
from plover_tray.image.window.preview import TITLE_BAR, shown_items, window_picture

RED = (250, 10, 10)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """An app with a red icon."""
    app = small_app(tmp_path)
    (app / "Contents/Resources").mkdir()
    (app / "Contents/Info.plist").write_text(
        '<plist version="1.0"><dict><key>CFBundleIconFile</key><string>red</string></dict></plist>'
    )
    Image.new("RGBA", (512, 512), (*RED, 255)).save(app / "Contents/Resources/red.icns")
    return app


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(one, other, strict=False))


@pytest.mark.parametrize("scale", [1, 2])
def test_the_app_is_drawn_with_its_icon_in_its_place(app: Path, scale: int, tmp_path: Path) -> None:
    output = tmp_path / "window.png"
    settings = default_settings(app)
    assert preview(settings, output, scale=scale) == output
    with Image.open(output) as picture:
        assert picture.size == (640 * scale, 400 * scale)
        x, y = map(round, settings.icon_locations["Small.app"])
        pixel = picture.getpixel((x * scale, (y + TITLE_BAR) * scale))
        assert isinstance(pixel, tuple)
        assert near(pixel, RED)
        beside = picture.getpixel(((x - 80) * scale, (y + TITLE_BAR) * scale))
        assert isinstance(beside, tuple)
        assert not near(beside, RED)


def test_the_corners_are_transparent(app: Path) -> None:
    picture = window_picture(default_settings(app))
    corner, middle = picture.getpixel((0, 0)), picture.getpixel((640, 400))
    assert isinstance(corner, tuple)
    assert isinstance(middle, tuple)
    assert (corner[3], middle[3]) == (0, 255)


def test_a_color_fills_the_window(app: Path) -> None:
    settings = DmgSettings(files=((app, app.name),), background=(0.0, 1.0, 0.0))
    assert window_picture(settings).getpixel((1200, 500)) == (0, 255, 0, 255)


def test_a_picture_is_drawn_in_points_from_the_top_left(app: Path, tmp_path: Path) -> None:
    Image.new("RGB", (100, 100), (0, 0, 255)).save(tmp_path / "b.png")
    Image.new("RGB", (200, 200), (0, 255, 255)).save(tmp_path / "b@2x.png")
    settings = DmgSettings(background=tmp_path / "b.png")
    plain, sharp = window_picture(settings, 1), window_picture(settings, 2)
    assert plain.getpixel((98, TITLE_BAR + 98)) == (0, 0, 255, 255)
    assert plain.getpixel((102, TITLE_BAR + 98)) == (255, 255, 255, 255)
    assert sharp.getpixel((198, 2 * TITLE_BAR + 198)) == (0, 255, 255, 255)


def test_a_picture_of_144_dots_per_inch_has_half_as_many_points(tmp_path: Path) -> None:
    Image.new("RGB", (200, 200), (0, 0, 255)).save(tmp_path / "b.png", dpi=(144, 144))
    picture = window_picture(DmgSettings(background=tmp_path / "b.png"), 1)
    assert picture.getpixel((98, TITLE_BAR + 98)) == (0, 0, 255, 255)
    assert picture.getpixel((102, TITLE_BAR + 98)) == (255, 255, 255, 255)


def test_what_the_finder_hides_is_not_drawn(app: Path) -> None:
    settings = DmgSettings(
        files=((app, "Small.app"), (app, ".hidden"), (app, "Secret"), (app, "notes.txt")),
        symlinks={"Applications": "/Applications"},
        hide=("Secret",),
        hide_extensions=("notes.txt",),
        icon_locations={"Small.app": (10, 10)},
    )
    shown = list(shown_items(settings))
    assert [item.label for item in shown] == ["Small", "notes", "Applications"]
    assert [item.kind for item in shown] == ["app", "folder", "link"]
    assert len({item.place for item in shown}) == 3


@pytest.mark.parametrize("view", ["list-view", "column-view", "coverflow"])
def test_other_views_are_drawn_as_a_list(app: Path, view: str) -> None:
    settings = DmgSettings(files=((app, app.name),), default_view=view)
    picture = window_picture(settings, 1)
    pixel = picture.getpixel((20, TITLE_BAR + 12))
    assert isinstance(pixel, tuple)
    assert near(pixel, RED)


def test_a_long_name_keeps_to_its_room(app: Path) -> None:
    settings = DmgSettings(
        volume_name="n" * 500, files=((app, "w" * 200),), icon_locations={"w" * 200: (320, 100)}
    )
    picture = window_picture(settings, 1).convert("L")
    far_left = picture.crop((70, 0, 90, 280))
    darkest = min(far_left.tobytes())
    assert darkest > 200


def test_a_window_too_large_to_draw(tmp_path: Path) -> None:
    settings = DmgSettings(window_rect=((0, 0), (20_000, 20_000)))
    with pytest.raises(ImageError, match="is not drawn"):
        preview(settings, tmp_path / "p.png")
    assert list(tmp_path.iterdir()) == []


def test_a_preview_in_no_folder(app: Path, tmp_path: Path) -> None:
    with pytest.raises(StagingError, match="does not exist"):
        preview(default_settings(app), tmp_path / "none/p.png")


def test_a_file_that_exists_is_drawn_over_only_if_that_is_asked_for(
    app: Path, tmp_path: Path
) -> None:
    output = tmp_path / "p.png"
    output.write_bytes(b"precious")
    with pytest.raises(OutputExistsError, match="--replace"):
        preview(default_settings(app), output)
    assert output.read_bytes() == b"precious"
    preview(default_settings(app), output, replace_output=True)
    with Image.open(output) as picture:
        assert picture.format == "PNG"


def test_a_preview_is_never_called_as_something_else(app: Path, tmp_path: Path) -> None:
    image = tmp_path / "finished.dmg"
    image.write_bytes(b"koly")
    with pytest.raises(StagingError, match=r"does not end in \.png"):
        preview(default_settings(app), image, replace_output=True)
    assert image.read_bytes() == b"koly"


def test_an_icon_with_a_name_longer_than_any_disk_holds_is_no_icon(app: Path) -> None:
    (app / "Contents/Info.plist").write_text(
        '<plist version="1.0"><dict><key>CFBundleIconFile</key>'
        f"<string>{'i' * 300}</string></dict></plist>"
    )
    assert default_settings(app).badge_icon is None
