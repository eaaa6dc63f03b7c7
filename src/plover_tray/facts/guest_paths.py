"""Paths of a rehearsal as paths in the bundle, which lies in /Applications there."""

import posixpath

from ..bundle.app_bundle import AppBundle

GUEST_FOLDER = "/Applications"
"""Where a bundle lies in its rehearsal."""


def guest_root(bundle: AppBundle) -> str:
    """The bundle's own path in its rehearsal."""
    return f"{GUEST_FOLDER}/{bundle.name}"


def path_in_bundle(bundle: AppBundle, path: str) -> str | None:
    """An absolute path of the rehearsal, relative to the bundle; None where it lies outside.

    Empty for the bundle itself. Only the text is looked at: links are not followed, and the file
    need not be there.
    """
    root = guest_root(bundle)
    normal = posixpath.normpath(path)
    if normal != root and not normal.startswith(f"{root}/"):
        return None
    return normal[len(root) + 1 :]
