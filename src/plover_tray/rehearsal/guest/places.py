"""Where the bundle lies on the pretended Mac: paths of the guest and paths in the bundle.

The one translation between the two, by their text; `GuestFiles.in_bundle` follows links first.
"""

APPLICATIONS = "/Applications"


def place_of(name: str, applications: str = APPLICATIONS) -> str:
    """The guest's path of a bundle with this file name, in this folder."""
    return f"{applications}/{name}"


def path_in_bundle(path: str, bundle: str) -> str | None:
    """An absolute path of the guest, relative to the bundle at `bundle`; None outside of it.

    The bundle itself is "". `..` is not resolved.
    """
    if path == bundle:
        return ""
    start = f"{bundle}/"
    return path[len(start) :] if path.startswith(start) else None
