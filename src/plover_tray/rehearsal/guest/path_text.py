"""Paths as texts: NSString's methods, as Foundation's documentation describes them, and dirname(3)
and basename(3). No file is looked at.
"""


def clean(path: str) -> str:
    """Without doubled and trailing slashes."""
    if not path:
        return ""
    kept = [part for part in path.split("/") if part]
    start = "/" if path.startswith("/") else ""
    return start + "/".join(kept)


def append(path: str, component: str) -> str:
    """stringByAppendingPathComponent:"""
    if not component:
        return clean(path)
    return clean(f"{path}/{component}" if path else component)


def parent(path: str) -> str:
    """StringByDeletingLastPathComponent"""
    cleaned = clean(path)
    folder, slash, _ = cleaned.rpartition("/")
    return folder or slash


def last(path: str) -> str:
    """LastPathComponent"""
    cleaned = clean(path)
    return cleaned.rpartition("/")[2] or cleaned


def extension(path: str) -> str:
    """PathExtension"""
    stem, dot, found = last(path).rpartition(".")
    return found if dot and stem and " " not in found else ""


def without_extension(path: str) -> str:
    """StringByDeletingPathExtension"""
    found = extension(path)
    cleaned = clean(path)
    return cleaned[: -len(found) - 1] if found else cleaned


def with_extension(path: str, added: str) -> str:
    """stringByAppendingPathExtension:"""
    return f"{clean(path)}.{added}"


def expand_tilde(path: str, home: str) -> str:
    """stringByExpandingTildeInPath, for the one user there is."""
    if path == "~" or path.startswith("~/"):
        return clean(home + path[1:])
    return clean(path)


def standardize(path: str, home: str) -> str:
    """stringByStandardizingPath, without looking at links."""
    path = expand_tilde(path, home)
    kept: list[str] = []
    for part in path.split("/"):
        if part == ".." and path.startswith("/"):
            if kept:
                kept.pop()
        elif part not in ("", "."):
            kept.append(part)
    result = ("/" if path.startswith("/") else "") + "/".join(kept)
    return (
        result.removeprefix("/private")
        if result.startswith(("/private/tmp", "/private/var", "/private/etc"))
        else result
    )


def components(path: str) -> list[str]:
    """PathComponents"""
    parts = [part for part in path.split("/") if part]
    return ["/", *parts] if path.startswith("/") else parts


def dirname_of(path: bytes) -> bytes:
    """What dirname(3) gives."""
    stripped = path.rstrip(b"/")
    if not stripped:
        return b"/" if path else b"."
    folder, slash, _ = stripped.rpartition(b"/")
    if not slash:
        return b"."
    return folder.rstrip(b"/") or b"/"


def basename_of(path: bytes) -> bytes:
    """What basename(3) gives."""
    if not path:
        return b"."
    return path.rstrip(b"/").rpartition(b"/")[2] or b"/"
