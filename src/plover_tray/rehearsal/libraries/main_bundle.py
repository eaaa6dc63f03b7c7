"""The app's own bundle as Foundation and CoreFoundation describe it.

Comes in: a machine. Goes out: paths in the guest and Info.plist's values as objects.
"""

import datetime
import plistlib
from dataclasses import dataclass
from typing import Any

from ..guest.filesystem import FileError
from ..machine.emulator import Emulator
from ..machine.objects import (
    Array,
    ClassObject,
    Data,
    Dictionary,
    GuestObject,
    Instance,
    Number,
    Text,
)

MAX_PLIST = 4 << 20
MAX_DEPTH = 64
LARGEST_INTEGER = 128
"""Bits: CFPropertyList.c reads integers of sixteen bytes at most."""

FOLDERS = {
    "resource": "Contents/Resources",
    "privateFrameworks": "Contents/Frameworks",
    "sharedFrameworks": "Contents/SharedFrameworks",
    "sharedSupport": "Contents/SharedSupport",
    "builtInPlugIns": "Contents/PlugIns",
    "supportFiles": "Contents",
}
"""Of a bundle with a Contents folder (CFBundle's own names)."""

LANGUAGES = ("", "Base.lproj/", "en.lproj/", "English.lproj/")


@dataclass(slots=True)
class MainBundleState:
    """The bundle's own objects, made when they are first asked for."""

    bundle: Instance | None = None
    info: Dictionary | None = None


def main_bundle(machine: Emulator) -> Instance:
    """The object for the main bundle: an NSBundle, a CFBundle."""
    state = machine.state_of(MainBundleState)
    if state.bundle is None:
        class_object = machine.objects.at(machine.objects.class_address("NSBundle"))
        of = class_object if isinstance(class_object, ClassObject) else None
        state.bundle = Instance("NSBundle", of=of)
    return state.bundle


def folder_path(machine: Emulator, which: str) -> str:
    """One of `FOLDERS`."""
    return f"{machine.files.bundle}/{FOLDERS[which]}"


def read_file(machine: Emulator, path: str, limit: int) -> bytes:
    """A file's bytes. Raises FileError."""
    files, process = machine.files, machine.process
    status = files.status(files.absolute(path, process.folder), process.scratch)
    return files.read(status, process.scratch, 0, limit)


def info(machine: Emulator) -> Dictionary:
    """Info.plist; empty where it cannot be read."""
    state = machine.state_of(MainBundleState)
    if state.info is None:
        found = read_plist(machine, f"{machine.files.bundle}/Contents/Info.plist")
        state.info = found if isinstance(found, Dictionary) else Dictionary()
    return state.info


def read_plist(machine: Emulator, path: str) -> GuestObject | None:
    """A property list as objects; None where it cannot be read."""
    try:
        return parse_plist(read_file(machine, path, MAX_PLIST))
    except FileError:
        return None


def parse_plist(data: bytes) -> GuestObject | None:
    """A property list in memory as objects."""
    try:
        return to_object(plistlib.loads(data))
    except Exception:  # noqa: BLE001 - plistlib raises whatever its parsers do
        return None


def to_object(value: Any, depth: int = 0) -> GuestObject:
    """A value of plistlib as an object. Raises ValueError for what no Mac would read."""
    if depth > MAX_DEPTH:
        return Text(text="")
    if isinstance(value, str):
        return Text(text=value)
    if isinstance(value, int) and value.bit_length() > LARGEST_INTEGER:
        raise ValueError("an integer too large for a property list")
    if isinstance(value, bool | int | float):
        return Number(value=value)
    if isinstance(value, bytes):
        return Data(data=value)
    if isinstance(value, list):
        return Array(items=[to_object(each, depth + 1) for each in value])
    if isinstance(value, dict):
        return Dictionary(items={str(k): to_object(v, depth + 1) for k, v in value.items()})
    if isinstance(value, datetime.datetime):
        return Text("NSDate", value.isoformat())
    return Text(text=str(value))


def find_resource(machine: Emulator, name: str, kind: str, folder: str = "") -> str | None:
    """Where a resource is: not localized, else in English."""
    file = f"{name}.{kind}" if kind else name
    start = folder_path(machine, "resource") + (f"/{folder.strip('/')}" if folder else "")
    files, process = machine.files, machine.process
    for language in LANGUAGES:
        path = f"{start}/{language}{file}"
        try:
            files.status(files.absolute(path, process.folder), process.scratch)
        except FileError:
            continue
        return path
    return None


def find_auxiliary(machine: Emulator, name: str) -> str | None:
    """An executable beside the main one."""
    path = f"{machine.files.bundle}/Contents/MacOS/{name}"
    try:
        machine.files.status(path, machine.process.scratch)
    except FileError:
        return None
    return path
