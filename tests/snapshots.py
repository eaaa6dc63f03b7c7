"""Folders written down in full, to say afterwards that one is still, or again, exactly the same."""

import os
import stat
from pathlib import Path
from typing import Any

Snapshot = dict[str, tuple[Any, ...]]


def snapshot(folder: Path, *, times: bool = True) -> Snapshot:
    """Kind, permission bits, time, and content or target of everything in `folder`, and of it."""
    found: Snapshot = {}
    for here, names, files in os.walk(folder):
        for name in ["", *names, *files] if here == str(folder) else [*names, *files]:
            path = Path(here, name)
            status = path.lstat()
            content: object = None
            if stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                content = path.read_bytes()
            time = status.st_mtime_ns if times else 0
            found[os.path.relpath(path, folder)] = (oct(status.st_mode), time, content)
    return found


def names(folder: Path) -> list[str]:
    """Names of what is in a folder, sorted."""
    return sorted(item.name for item in folder.iterdir())


def hidden(folder: Path) -> list[str]:
    """Names that begin with a dot: what an unfinished run may leave."""
    return [name for name in names(folder) if name.startswith(".")]
