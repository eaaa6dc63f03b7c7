"""What a Mach-O file is called in its signature: in go its name and headers, out an identifier.

codesign's own choice, known from Apple's published `diskrep.cpp` and `signer.cpp` (Security) and
seen here in Qt's tools: the file's name without its extension and minor version, and for ad-hoc
signatures of names without a dot, `-55554944` ("UUID") and the UUID of the slice for this computer.
"""

import hashlib
import re

from ..macho.file import MachOFile

_VERSIONED = re.compile(r"(?P<kept>(?:.*[^0-9.])\.?[0-9]*)[0-9.]*", re.DOTALL)


def canonical_identifier(name: str) -> str:
    """`libfrotz7.3.5.dylib` becomes `libfrotz7`, `libssl.3.dylib` `libssl.3`, `rcc` stays."""
    name = name.rpartition("/")[2]
    stem, dot, extension = name.rpartition(".")
    if dot and stem and not extension[:1].isdigit():
        name = stem
    if not name or name[0] in "0123456789.":
        return name
    found = _VERSIONED.fullmatch(name)
    return found["kept"] if found else name


def default_identifier(name: str, macho: MachOFile) -> str:
    """The identifier of an ad-hoc signature for the file called `name`."""
    identifier = canonical_identifier(name)
    if "." in identifier:
        return identifier
    ordered = sorted(macho.slices, key=lambda s: not s.arch.startswith("arm64"))
    uuid = ordered[0].uuid
    if uuid:
        return f"{identifier}-{(b'UUID' + uuid).hex()}"
    commands = b"".join(command.data for command in ordered[0].commands)
    return f"{identifier}-{hashlib.sha1(commands, usedforsecurity=False).hexdigest()}"
