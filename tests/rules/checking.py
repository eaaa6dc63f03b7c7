"""Checking bundles in tests: with their real rehearsal, or with one that is told.

Comes in: a bundle on disk. Goes out: findings, or their codes.
"""

import plistlib
import shutil
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plover_tray import rules
from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.bundle.entry import Entry
from plover_tray.bundle.launcher_config import LauncherConfig
from plover_tray.findings import Finding, Severity
from plover_tray.macho.file import read_macho
from plover_tray.rehearsal import Outcome, PythonStart, Rehearsal, SliceRehearsal, rehearse

INTERPRETER = "Contents/Frameworks/Python.framework/Versions/3.13/bin/python3.13"


def rehearsed(path: Path, *, select: Sequence[str] = ()) -> list[Finding]:
    """The findings for the bundle at `path` with its real rehearsal, as `check` gives them."""
    bundle = AppBundle.open(path)
    told_so = rehearse(bundle) if bundle.main else None
    return rules.run(bundle, told_so, select=select, ignore=_ignored(select))


def check(
    path: Path, rehearsal: Rehearsal | None = None, *, select: Sequence[str] = ()
) -> list[Finding]:
    """The findings for the bundle at `path`, told that it hosts Python in process or what else.

    Without those on signatures, unless `select` names them.
    """
    bundle = AppBundle.open(path)
    told_so = rehearsal or (hosted(path, "-m", "hello_tray") if bundle.main else None)
    return rules.run(bundle, told_so, select=select, ignore=_ignored(select))


def _ignored(select: Sequence[str]) -> Sequence[str]:
    """Signatures are left out where nobody asks for them: the small bundles are not sealed."""
    return () if select else ("CS",)


def codes(findings: Sequence[Finding], severity: Severity | None = None) -> list[str]:
    return [f.code for f in findings if severity is None or f.severity is severity]


def errors(findings: Sequence[Finding]) -> list[str]:
    return codes(findings, Severity.ERROR)


def only(findings: Sequence[Finding], code: str) -> Finding:
    """The one finding of this code."""
    (found,) = [finding for finding in findings if finding.code == code]
    return found


def told(outcome: str, *slices: dict[str, Any], **same: Any) -> Rehearsal:
    """A rehearsal with this outcome: `slices` are the fields of each, `same` those of all.

    Without `slices` there are two, arm64 and x86_64. Paths stand in the bundle, as on a Mac.
    """
    common = {"outcome": Outcome(outcome), "message": "It was told so.", **same}
    each = slices or ({"arch": "arm64"}, {"arch": "x86_64"})
    return Rehearsal(tuple(SliceRehearsal(**{**common, **fields}) for fields in each))


def hosted(bundle: Path, *words: str) -> Rehearsal:
    """A rehearsal that starts Python in process, as `python WORDS` would."""
    argv = (f"/Applications/{bundle.name}/Contents/MacOS/python3.13", *words)
    python = PythonStart("Py_BytesMain", argv, None, None, {}, None)
    return told("python", call="Py_BytesMain", python=python)


def runs_python(bundle: Path, *words: str, outcome: str = "exec", **more: Any) -> Rehearsal:
    """A rehearsal that ends in the bundle's interpreter with these words behind it."""
    guest = f"/Applications/{bundle.name}/{INTERPRETER}"
    call = {"exec": "execv", "spawn": "posix_spawn"}[outcome]
    return told(
        outcome,
        **{
            "call": call,
            "target": guest,
            "target_in_bundle": INTERPRETER,
            "argv": (guest, *words),
            **more,
        },
    )


def change_info(bundle: Path, **keys: Any) -> None:
    """Set keys in a bundle's Info.plist; None takes one away."""
    path = bundle / "Contents" / "Info.plist"
    info = {**plistlib.loads(path.read_bytes()), **keys}
    path.write_bytes(plistlib.dumps({k: v for k, v in info.items() if v is not None}))


def set_version(data: bytes, version: tuple[int, int, int], scratch: Path) -> bytes:
    """A dylib with another current_version in each slice's LC_ID_DYLIB."""
    scratch.write_bytes(data)
    changed = bytearray(data)
    for slice_ in read_macho(scratch).slices:
        (command,) = [c for c in slice_.commands if c.name == "LC_ID_DYLIB"]
        packed = version[0] << 16 | version[1] << 8 | version[2]
        struct.pack_into("<I", changed, slice_.offset + command.offset + 16, packed)
    scratch.unlink()
    return bytes(changed)


def with_our_configuration(bundle: Path, **how: Any) -> LauncherConfig:
    """Tell a bundle that its main executable is our launcher, and give it the files that needs."""
    home = "Frameworks/Python.framework/Versions/3.13"
    config = LauncherConfig(
        **{
            "library": f"{home}/Python",
            "home": home,
            "version": "3.13",
            "interpreter": "MacOS/python3.13",
            "entry": Entry("module", "hello_tray"),
            **how,
        }
    )
    contents = bundle / "Contents"
    shutil.copy2(contents / "MacOS" / "Hello Tray", contents / "MacOS" / "python3.13")
    (contents / "Resources" / "plover-tray").mkdir()
    (contents / config.boot).touch()
    change_info(bundle, PloverTray=config.to_plist())
    return config
