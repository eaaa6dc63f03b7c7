"""The launcher for one app: in goes the built binary, out the one with the app's architectures,
system versions and rpaths. Its signature is left out; sealing comes after all changes.
"""

from collections.abc import Mapping, Sequence

from ..errors import FixError, MachOError
from ..macho.edit import (
    add_rpath,
    join_slices,
    set_build_version,
    split_slices,
    strip_signature,
)
from ..macho.file import Version

LAUNCHER_MINOS = {"arm64": (11, 0, 0), "x86_64": (11, 0, 0)}
"""The oldest systems the launcher is built for."""


def tailored_launcher(
    binary: bytes,
    slices: Mapping[str, tuple[Version | None, Version | None]],
    rpaths: Sequence[str],
) -> bytes:
    """The unsigned launcher with only the architectures in `slices`, their minos and SDK, and
    `rpaths`. Raises FixError for an architecture it does not have or too many rpaths.
    """
    parts = {slice_.arch: data for slice_, data in split_slices(binary)}
    missing = set(slices) - set(parts)
    if missing:
        raise FixError(f"There is no launcher for {', '.join(sorted(missing))}.")
    made = []
    try:
        for arch, (minos, sdk) in slices.items():
            data = set_build_version(strip_signature(parts[arch]), minos=minos, sdk=sdk)
            for rpath in rpaths:
                data = add_rpath(data, rpath)
            made.append(data)
        return join_slices(made)
    except MachOError as error:
        raise FixError(f"The launcher cannot be tailored to this app: {error.message}") from None


def without_signature(binary: bytes) -> bytes:
    """A Mach-O file without any signature, to compare two of them. Raises MachOError."""
    return join_slices([strip_signature(data) for _, data in split_slices(binary)])
