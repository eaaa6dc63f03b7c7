"""Paths of a rehearsal as paths in the bundle, which lies in /Applications there."""

import posixpath

from ..bundle.app_bundle import AppBundle
from ..rehearsal.guest import places


def guest_root(bundle: AppBundle) -> str:
    """The bundle's own path in its rehearsal."""
    return places.place_of(bundle.name)


def path_in_bundle(bundle: AppBundle, path: str) -> str | None:
    """An absolute path of the rehearsal, relative to the bundle; None where it lies outside.

    Empty for the bundle itself. Only the text is looked at: links are not followed, and the file
    need not be there.
    """
    return places.path_in_bundle(posixpath.normpath(path), guest_root(bundle))
