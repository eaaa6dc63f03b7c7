"""Apps for images, with everything in them that a volume must keep.

Comes in: a folder. Goes out: an .app made of real files (this Python's own json package) and of
names, modes, links and sizes that are hard to keep.
"""

import os
import plistlib
import random
import shutil
import sysconfig
from pathlib import Path

EPOCH = 1_700_000_000
"""The SOURCE_DATE_EPOCH of the tests: 2023-11-14."""

LONG_NAME = "ö" * 80 + ".txt"
"""84 characters, 164 bytes, and 244 bytes when decomposed."""

ODD_NAMES = (
    *("new\nline", "a=b\\c", "-dash", "*?[x]", "tr\tab", "with:colon", "😀", "가", "Ω", "ß"),
    LONG_NAME,
)


def make_app(folder: Path, name: str = "Trày Äpp.app", *, big: int = 2_500_000) -> Path:
    """An app with odd names; `big` is the size of the largest file in it."""
    app = folder / name
    contents = app / "Contents"
    (contents / "MacOS").mkdir(parents=True)
    (contents / "Info.plist").write_bytes(plistlib.dumps({"CFBundleExecutable": "run"}))
    run = contents / "MacOS/run"
    run.write_bytes(b"#!/bin/sh\nexit 0\n")
    run.chmod(0o755)
    (contents / "MacOS/run-too").hardlink_to(run)
    (contents / "MacOS/private").write_bytes(b"secret")
    (contents / "MacOS/private").chmod(0o640)
    resources = contents / "Resources"
    shutil.copytree(
        Path(sysconfig.get_path("stdlib")) / "json",
        resources / "json",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (resources / "json").chmod(0o555)
    noise = random.Random(5)
    (resources / "noise.bin").write_bytes(noise.randbytes(big))
    (resources / "zeros.bin").write_bytes(bytes(1_500_000))
    (resources / "empty").touch()
    for odd in ODD_NAMES:
        (resources / odd).write_text(odd)
    deep = resources.joinpath(*"abcdefghijkl")
    deep.mkdir(parents=True)
    (deep / "bottom").write_text("deep")
    (resources / "link").symlink_to("json/__init__.py")
    (resources / "à-link").symlink_to("ö-nowhere")
    (resources / "Applications").symlink_to("/Applications")
    (resources / "folder-link").symlink_to("json")
    for number, path in enumerate(sorted(app.rglob("*"))):
        moment = EPOCH - 1000 + number
        os.utime(path, (moment, moment), follow_symlinks=False)
    return app


def small_app(folder: Path, name: str = "Small.app") -> Path:
    """An app of two files."""
    app = folder / name
    (app / "Contents/MacOS").mkdir(parents=True)
    (app / "Contents/Info.plist").write_bytes(plistlib.dumps({"CFBundleExecutable": "run"}))
    (app / "Contents/MacOS/run").write_bytes(b"#!/bin/sh\n")
    (app / "Contents/MacOS/run").chmod(0o755)
    return app
