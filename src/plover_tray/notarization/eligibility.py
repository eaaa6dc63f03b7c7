"""What Apple refuses whatever is in it: in goes a path, out comes an error before anything is sent.

Only the main executable of the app, or of the app in a DMG, is looked at: it says who signed.
"""

import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..bundle.app_bundle import INFO_PLIST, MAIN_FOLDER, AppBundle
from ..errors import BundleError, ImageError, PloverTrayError, SigningError, show_path
from ..image import read_dmg
from ..signature.slices import FileFacts, read_file_facts

KINDS = (".dmg", ".pkg", ".zip")
"""Files that Apple takes as they are (notarytool's manual); a bundle is zipped first."""


def check_kind(path: Path) -> None:
    """Raise BundleError for what is not there, or what Apple does not notarize."""
    shown = show_path(path)
    mend = "Give an .app folder, or a .dmg, .pkg or .zip file."
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise BundleError(f"{shown} does not exist.", mend=mend) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BundleError(f"{shown} cannot be read: {reason}.", mend=mend) from None
    if not (stat.S_ISDIR(mode) or (stat.S_ISREG(mode) and path.suffix.lower() in KINDS)):
        raise BundleError(f"Apple does not notarize {shown}.", mend=mend)


def check_certified(path: Path) -> None:
    """Raise SigningError where the app at `path`, or in the DMG there, has no certificate's seal.

    Says nothing of what cannot be looked into: Apple does.
    """
    shown = show_path(path.name)
    whose = f"The app in {shown}" if path.is_file() else shown
    for slice_ in _main_facts(path).slices:
        if slice_.signature is None or slice_.signature.adhoc:
            how = "is not signed" if slice_.signature is None else "is sealed ad-hoc"
            raise SigningError(
                f"{whose} {how}. Apple only notarizes what is signed with a Developer ID.",
                mend="Sign it first: `plover-tray sign --hardened` with --p12, or on a Mac with"
                " --identity.",
            )


def _main_facts(path: Path) -> FileFacts:
    """What the main executable says; nothing where there is none, or a script."""
    try:
        with _bundle_at(path) as bundle:
            main = bundle.executable if bundle else None
            if bundle is None or main is None:
                return FileFacts()
            return read_file_facts(bundle.path / bundle.resolve(main))
    except PloverTrayError:
        return FileFacts()


@contextmanager
def _bundle_at(path: Path) -> Iterator[AppBundle | None]:
    """The bundle, or as much of the one in a DMG as is needed."""
    if path.is_dir():
        yield AppBundle.open(path)
        return
    if path.suffix.lower() != ".dmg":
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="plover-tray-") as folder, read_dmg(path) as image:
        if len(image.apps) != 1:
            raise ImageError(f"{show_path(path)} does not hold one app.")
        contents = Path(folder, "Contents")
        contents.mkdir()
        for part in (INFO_PLIST, MAIN_FOLDER):
            image.extract(f"{image.apps[0]}/{part}", contents, composed=True)
        yield AppBundle.open(folder)
