"""Small bundles around one program, for rehearsals: C and Objective-C compiled at test time.

Comes in: a source, or the bytes of an executable, and files to put beside it. Goes out: the bundle
or its rehearsal. Compiled programs are kept in the cache by the hash of their source.
"""

import plistlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from apps.compile import BOTH, Options, compile_source, write_executable

from plover_tray.rehearsal import Budget, Rehearsal, SliceRehearsal, rehearse

NAME = "Guest"
APP = f"/Applications/{NAME}.app"
CONTENTS = f"{APP}/Contents"
PYTHON = f"{CONTENTS}/Frameworks/python"
USER = ("first user argument", "--second=2")

SMALL = Budget(instructions=5_000_000, seconds=20, memory=32 << 20, calls=3_000)
"""Enough for any guest here that ends."""


def bundle_around(
    folder: Path,
    executable: bytes,
    files: Mapping[str, str | bytes] | None = None,
    *,
    info: Mapping[str, object] | None = None,
) -> Path:
    """Make a bundle with a program, an empty `Frameworks/python`, and `files` below Contents."""
    bundle = folder / f"{NAME}.app"
    write_executable(bundle / "Contents" / "MacOS" / NAME, executable)
    write_executable(bundle / "Contents" / "Frameworks" / "python", b"\xcf\xfa\xed\xfe")
    settings = {"CFBundleExecutable": NAME, "CFBundleIdentifier": "org.example.guest"}
    plist = plistlib.dumps({**settings, "CFBundleName": NAME, **(info or {})})
    for path, content in {
        "Info.plist": plist,
        "Resources/note.txt": "note\n",
        **(files or {}),
    }.items():
        target = bundle / "Contents" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return bundle


def rehearse_source(
    folder: Path,
    source: str,
    suffix: str = ".c",
    *,
    files: Mapping[str, str | bytes] | None = None,
    info: Mapping[str, object] | None = None,
    options: Options | None = None,
    arguments: Sequence[str] = USER,
    environment: Mapping[str, str] | None = None,
    budget: Budget = SMALL,
) -> Rehearsal:
    """Compile a program for both slices and rehearse it in a bundle of its own."""
    executable = compile_source(source, suffix, options or Options())
    bundle = bundle_around(folder, executable, files, info=info)
    return rehearse(bundle, arguments, environment=environment, budget=budget)


def agreed(rehearsal: Rehearsal, archs: Sequence[str] = BOTH) -> SliceRehearsal:
    """What all slices do; fails where they do not agree."""
    assert {slice_.arch for slice_ in rehearsal.slices} == set(archs)
    first, *others = rehearsal.slices
    for other in others:
        assert (other.outcome, other.call, other.target) == (
            first.outcome,
            first.call,
            first.target,
        )
        assert (other.argv, other.output, other.message) == (
            first.argv,
            first.output,
            first.message,
        )
        assert dict(other.environment) == dict(first.environment)
    return first


def rehearse_script(
    folder: Path,
    script: str | bytes,
    files: Mapping[str, str | bytes] | None = None,
    *,
    arguments: Sequence[str] = USER,
    environment: Mapping[str, str] | None = None,
    budget: Budget = SMALL,
) -> Rehearsal:
    """Rehearse a script in a bundle of its own."""
    data = script if isinstance(script, bytes) else script.encode()
    bundle = bundle_around(folder, data, files)
    return rehearse(bundle, arguments, environment=environment, budget=budget)
