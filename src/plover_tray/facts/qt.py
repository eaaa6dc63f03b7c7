"""Which Qt a bundle has, and what is known of its menu bar icon, version by version."""

import posixpath
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from ..macho.file import Version
from .facts import Facts

_QT_CORE = re.compile(r"(QtCore|libQt[56]?Core(\.\d+)*\.dylib)")
_VERSIONS = "qt_versions.toml"


@dataclass(frozen=True, slots=True)
class KnownDefect:
    """A row of the version table."""

    first: Version
    """The oldest Qt that is counted in."""
    fixed: Version
    """The first without the defect."""
    what: str
    source: str


@cache
def known_defects() -> tuple[KnownDefect, ...]:
    """The version table, as the package ships it."""
    table = tomllib.loads(resources.files(__package__).joinpath(_VERSIONS).read_text("utf-8"))
    return tuple(
        KnownDefect(_version(row["first"]), _version(row["fixed"]), row["what"], row["source"])
        for row in table["crash-on-click"]
    )


def qt_libraries(facts: Facts) -> list[tuple[str, Version]]:
    """Path and version of each QtCore in the bundle; usually one."""
    found = []
    for path, macho in facts.loading.files.items():
        if macho.filetype == "dylib" and _QT_CORE.fullmatch(posixpath.basename(path)):
            version = macho.slices[0].current_version
            if version is not None:
                found.append((path, version))
    return sorted(found)


def _version(text: str) -> Version:
    major, minor, patch = (int(part) for part in text.split("."))
    return major, minor, patch
