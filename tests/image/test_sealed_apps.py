"""A sealed app that goes through an image still verifies."""

from pathlib import Path

from apps.bundles import make_bundle

from image.building import EPOCH
from image.independent import on_disk, tool
from plover_tray.image import make_dmg, read_dmg
from plover_tray.signature.verify import verify
from plover_tray.signing.sign import seal_in_place


def test_a_sealed_bundle_is_the_same_and_verifies_after_the_image(tmp_path: Path) -> None:
    tool("xorriso")
    app = make_bundle(tmp_path)
    seal_in_place(app)
    assert verify(app).ok
    image = tmp_path / "image.dmg"
    make_dmg(app, image, source_date_epoch=EPOCH, backend="builtin")
    with read_dmg(image) as dmg:
        extracted = dmg.extract_app()
        assert on_disk(extracted) == on_disk(app)
        assert verify(extracted).ok
        (extracted / "Contents/MacOS/added").touch()
        assert not verify(extracted).ok
