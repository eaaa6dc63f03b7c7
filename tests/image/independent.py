"""Other people's readers of images and volumes, to compare with.

Comes in: a DMG or a volume. Goes out: what 7-Zip, dmg2img, libfshfs, libmodi and The Sleuth Kit say
is in it, all in the same form: path (NFC) to what is there.
"""

import os
import shutil
import stat
import subprocess
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import pyfshfs
import pymodi
import pytsk3
from conftest import missing

PACKAGES = {"7z": "p7zip-full or 7zip", "dmg2img": "dmg2img", "xorriso": "xorriso"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One name as somebody sees it."""

    kind: str
    mode: int
    content: bytes | str | None
    """Bytes of a file, target of a symlink."""


def tool(name: str) -> str:
    """The path of a program; without it the test is skipped."""
    found = shutil.which(name)
    if found is None:
        missing(f"{name} is not installed (Debian's package {PACKAGES[name]})")
    return str(found)


def run(*command: str | Path) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end, with its output kept."""
    return subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)


def on_disk(folder: Path) -> dict[str, Seen]:
    """What a folder of this machine holds."""
    found = {}
    for here, names, files in os.walk(folder):
        for name in names + files:
            path = Path(here, name)
            status = path.lstat()
            content: bytes | str | None = None
            kind = "directory"
            if stat.S_ISLNK(status.st_mode):
                kind, content = "symlink", os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                kind, content = "file", path.read_bytes()
            mode = 0o777 if kind == "symlink" else stat.S_IMODE(status.st_mode)
            found[nfc(str(path.relative_to(folder)))] = Seen(kind, mode, content)
    return found


def by_libfshfs(volume: Path) -> dict[str, Seen]:
    """What libfshfs sees."""
    found: dict[str, Seen] = {}
    reader = pyfshfs.volume()
    reader.open(str(volume))

    def walk(entry: "pyfshfs.file_entry", folder: str) -> None:
        for child in entry.sub_file_entries:
            path = f"{folder}/{child.name}" if folder else child.name
            mode = child.file_mode
            if stat.S_ISDIR(mode):
                found[nfc(path)] = Seen("directory", stat.S_IMODE(mode), None)
                walk(child, path)
            elif stat.S_ISLNK(mode):
                found[nfc(path)] = Seen("symlink", 0o777, child.symbolic_link_target)
            else:
                data = child.read_buffer(child.size) if child.size else b""
                found[nfc(path)] = Seen("file", stat.S_IMODE(mode), data)

    walk(reader.root_directory, "")
    reader.close()
    return found


def by_sleuth_kit(volume: Path) -> tuple[dict[str, Seen], list[str]]:
    """What The Sleuth Kit sees, but for its own additions (names with `$`); folders it cannot open.

    It refuses a folder whose thread record begins in the last 520 bytes of a node, as if it were
    always as long as it may be (seen here with pytsk3 20260715).
    """
    found: dict[str, Seen] = {}
    unread: list[str] = []
    system = pytsk3.FS_Info(pytsk3.Img_Info(str(volume)))

    def walk(directory: "pytsk3.Directory", folder: str) -> None:
        for child in directory:
            name = child.info.name.name.decode()
            if name in (".", "..") or name.startswith("$") or child.info.meta is None:
                continue
            path = f"{folder}/{name}" if folder else name
            meta = child.info.meta
            mode = int(meta.mode) & 0o7777
            if meta.type == pytsk3.TSK_FS_META_TYPE_DIR:
                found[nfc(path)] = Seen("directory", mode, None)
                try:
                    inside = child.as_directory()
                except OSError as error:
                    if "nodesize value out of bounds" not in str(error):
                        raise
                    unread.append(nfc(path))
                else:
                    walk(inside, path)
            else:
                data = child.read_random(0, meta.size) if meta.size else b""
                if meta.type == pytsk3.TSK_FS_META_TYPE_LNK:
                    found[nfc(path)] = Seen("symlink", 0o777, data.decode())
                else:
                    found[nfc(path)] = Seen("file", mode, data)

    walk(system.open_dir("/"), "")
    return found, unread


def volume_by_libmodi(image: Path) -> bytes:
    """The volume in a DMG as libmodi unpacks it."""
    handle = pymodi.handle()
    handle.open(str(image))
    data: bytes = handle.read_buffer(handle.get_media_size())
    handle.close()
    return data


def nfc(path: str) -> str:
    """A path in one form of Unicode, whoever wrote it."""
    return unicodedata.normalize("NFC", path)
