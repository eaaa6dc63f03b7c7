"""The name of a volume: in goes a name, out comes an error where a Mac would not take it."""

from ...errors import ImageError, show_path

MAX_VOLUME_NAME = 27
"""Bytes. An alias record holds no more, and the Finder finds the background by one (known from
LinusU/node-alias)."""
_MAX_VOLUME_NAME_ON_A_MAC = 255
_MEND = "Give another one with --volume-name."


def check_volume_name(name: str, *, on_a_mac: bool) -> None:
    """Raise ImageError where no volume can be called so; `on_a_mac`: where dmgbuild makes it."""
    shown = show_path(name)
    if not name or name in (".", ".."):
        raise ImageError(f"{shown!r} cannot be the name of a volume.", mend=_MEND)
    for character, what in (("/", "a slash"), (":", "a colon")):
        if character in name:
            raise ImageError(
                f"The volume name {shown!r} has {what} in it, which no Mac shows as it is.",
                mend=f"{_MEND[:-1]}, such as one with a dash.",
            )
    if not name.isprintable():
        raise ImageError(
            f"The volume name {shown!r} has characters that cannot be shown.", mend=_MEND
        )
    limit = _MAX_VOLUME_NAME_ON_A_MAC if on_a_mac else MAX_VOLUME_NAME
    size = len(name.encode("utf-8", "surrogatepass"))
    if size > limit:
        raise ImageError(
            f"The volume name {shown!r} is too long: {size} bytes, and {limit} fit.",
            mend="Give a shorter one with --volume-name.",
        )
