"""What a bundle must have before it can be rebuilt: each function gives it, or says what to do."""

import posixpath
import re

from ..bundle.app_bundle import AppBundle
from ..bundle.launcher_config import LauncherConfig
from ..bundle.main_executable import MAIN_FOLDER, MainExecutable
from ..bundle.python_path import hosted_path
from ..bundle.python_runtime import PythonRuntime
from ..bundle.tree import MissingError
from ..errors import BundleError, FixError, show_path

_LONGEST = 255
"""Characters of an identifier."""
_ORDINARY = re.compile(r"[A-Za-z0-9.-]+")


def odd_identifier_note(bundle: AppBundle) -> tuple[str, ...]:
    """A note on an identifier that Apple does not allow; a fix keeps it, for it is the identity."""
    identifier = bundle.identifier or ""
    if _ORDINARY.fullmatch(identifier):
        return ()
    note = (
        f"The identifier {show_path(identifier)} is kept, though Apple allows letters, digits, "
        "hyphens and full stops only: users' permissions are filed under it."
    )
    return (note,)


def replaceable_main(bundle: AppBundle) -> MainExecutable:
    """The main executable, in a bundle whose identity and symlinks are in order."""
    identifier = bundle.identifier
    if not identifier or len(identifier) > _LONGEST or not identifier.isprintable():
        raise FixError(
            "Info.plist has no usable CFBundleIdentifier, the identity which a fix must keep.",
            mend="Set it to a name such as org.example.app first.",
        )
    main = bundle.main
    if main is None:
        missing = bundle.without_main()
        raise FixError(missing.message, mend=missing.mend)
    if posixpath.dirname(main.path) != MAIN_FOLDER:
        raise FixError(
            f"The main executable {show_path(main.path)} is not in {MAIN_FOLDER}.",
            mend="Move it there, and make CFBundleExecutable its bare name.",
        )
    if main.kind == "other" and main.symlink is None:
        raise FixError(
            f"The main executable {show_path(main.path)} is not for macOS.",
            mend="Build the bundle for macOS.",
        )
    for entry in bundle.entries.values():
        if entry.kind == "symlink" and _leaves(bundle, entry.path):
            raise FixError(
                f"{show_path(entry.path)} is a symlink out of the bundle or to itself, to "
                f"{show_path(entry.target or '')}; such a bundle cannot be sealed.",
                mend="Replace it by what it points at, or remove it.",
            )
    return main


def _leaves(bundle: AppBundle, path: str) -> bool:
    """Whether a symlink leads out of the bundle or round in a circle; one to nothing does not."""
    try:
        bundle.resolve(path)
    except MissingError:
        return False
    except BundleError:
        return True
    return False


def hosted_runtime(bundle: AppBundle) -> PythonRuntime:
    """The Python in the bundle that the launcher will host, with its standard library."""
    runtime = bundle.runtime
    if runtime is None:
        raise FixError(
            "There is no libpython in the bundle that the launcher could host.",
            mend="Put a Python.framework into Contents/Frameworks (a static interpreter is not "
            "enough).",
        )
    if runtime.home is None:
        raise FixError(
            f"The standard library of {show_path(runtime.library)} is not beside it.",
            mend="This kind of bundle cannot be rebuilt; check says whether it needs to be.",
        )
    return runtime


def check_entry_is_there(bundle: AppBundle, config: LauncherConfig) -> None:
    """Raise FixError where Python would be told to run what is certainly not in the bundle."""
    entry = config.entry
    if not hosted_path(bundle, config).lacks(entry):
        return
    shown = show_path(entry.target)
    if entry.kind == "script":
        raise FixError(
            f"--entry names the script {shown}, and there is no Contents/{shown} in the bundle.",
            mend="Give its path below Contents, such as Resources/main.py, or -m and a module.",
        )
    raise FixError(
        f"--entry names {shown}, and the bundle's Python has no such module to run.",
        mend="Name a module of the bundle's standard library or site-packages, or put it there.",
    )
