"""What would stop a release late: in go the app and how the release is to be, out comes an error
before the first step.
"""

from pathlib import Path

from ..bundle.app_bundle import AppBundle
from ..errors import BundleError, ImageError, SigningError, show_path
from ..image import check_volume_name, find_xorriso, load_settings, made_by_a_mac
from ..writing.scratch_folder import shortened
from .options import ReleaseOptions

_LONGEST_NAME = 200
"""Bytes of the DMG's name, so that names made of it fit too."""


def check_release(bundle: AppBundle, options: ReleaseOptions) -> None:
    """Raise PloverTrayError's subclasses for a release that cannot come to its end."""
    name = show_path(bundle.name)
    if bundle.path.suffix != ".app":
        raise BundleError(
            f"The name of {name} does not end in .app, so a Mac does not treat it as an app.",
            mend=f"Rename it to {name}.app.",
        )
    _check_dmg_name(options.dmg_name)
    volume_name = _volume_name(bundle, options)
    if volume_name is not None:
        check_volume_name(volume_name, on_a_mac=made_by_a_mac())
    if not made_by_a_mac():
        find_xorriso()
    if not options.skip_notarize and options.credentials.empty:
        raise SigningError(
            "Without a certificate the seal is ad-hoc, and Apple does not notarize ad-hoc seals.",
            mend="Give --p12, or on a Mac --identity; or --skip-notarize.",
        )


def dmg_name_of(bundle: AppBundle) -> str:
    """What the DMG is called where nobody says it: name and version of the app."""
    version = bundle.info.get("CFBundleShortVersionString")
    tail = f"-{version}" if isinstance(version, str) and version.strip() else ""
    name = f"{bundle.path.stem}{tail}"
    plain = "".join("-" if c in "/:\0" or not c.isprintable() else c for c in name)
    return f"{shortened(plain, _LONGEST_NAME)}.dmg"


def _check_dmg_name(name: str | None) -> None:
    if name is not None and (Path(name).name != name or Path(name).suffix.lower() != ".dmg"):
        raise ImageError(
            f"{show_path(name)!r} cannot be the file name of the DMG.",
            mend="Set `name` in [tool.plover-tray.dmg] to a bare name that ends in .dmg.",
        )


def _volume_name(bundle: AppBundle, options: ReleaseOptions) -> str | None:
    """The volume's name; None where the settings tell it only once the app is made."""
    name = options.volume_name or bundle.path.stem
    if options.volume_name or options.dmg_settings is None:
        return name
    try:
        settings = load_settings(
            options.dmg_settings, app=bundle.path, defines=options.defines, volume_name=name
        )
    except ImageError:  # they may name what the release is yet to make
        return None
    return settings.volume_name or name
