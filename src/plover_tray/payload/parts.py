"""What goes into an app: the built launcher and the boot module, as bytes out of this package."""

from importlib import resources
from importlib.resources.abc import Traversable

from ..errors import FixError

LAUNCHER = "launcher-universal2"


def launcher_binary() -> bytes:
    """The universal2 launcher that the package's build made from `launcher/launcher.m`.

    Raises FixError where the package was installed without being built.
    """
    try:
        return resources.files(__package__).joinpath(LAUNCHER).read_bytes()
    except FileNotFoundError:
        raise FixError(
            "This installation of plover-tray has no launcher in it.",
            mend="Install it with pip, which builds the launcher; a bare source tree has none.",
        ) from None


def boot_files() -> dict[str, bytes]:
    """The boot module's files by name, for `Contents/Resources/plover-tray/`."""
    folder: Traversable = resources.files(__package__).joinpath("boot")
    files = {item.name: item.read_bytes() for item in folder.iterdir() if is_boot_module(item.name)}
    return dict(sorted(files.items()))


def is_boot_module(name: str) -> bool:
    """Whether a file of `Contents/Resources/plover-tray/` is one of our modules, of any version.

    The folder is ours alone; other versions had modules of other names in it.
    """
    return name.endswith(".py")
