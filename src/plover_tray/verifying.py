"""A verification: in goes a bundle, a Mach-O file or a DMG, out comes a `Verification`."""

from pathlib import Path
from typing import TYPE_CHECKING

from .bundle.disk_image import is_image

if TYPE_CHECKING:
    from .signature.verification import Verification


def verify(path: Path | str) -> "Verification":
    """Check every signature and seal at `path`, offline; of a DMG, its checksums too.

    Raises BundleError for what is none of them, ImageError where the DMG is damaged.
    """
    from .signature.verify import verify as run

    if not is_image(path):
        return run(path)
    from .image import read_dmg

    with read_dmg(Path(path)) as image:
        image.check_whole()
        return run(image.extract_app(composed=True))
