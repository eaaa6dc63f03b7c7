"""Input that nobody should be able to hurt us with.

Comes in: an empty folder. Goes out: a path in it to hand to any command: something that is no
bundle, or a bundle that was damaged or made to mislead. `CASES` names them all, with the exit
statuses that `check` may give; whatever it gives, there is no traceback, nothing outside the bundle
is read, and the time and memory taken are bounded.
"""

import os
import plistlib
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from apps.bundles import make_bundle, plain_info, stub_bytes, write_info
from apps.compile import BOTH

REFUSED = frozenset({2})
"""Not a bundle that can be used: one line, exit 2."""
TOLD = frozenset({1, 2})
"""A broken part in a bundle: an error either way."""
USED = frozenset({0, 1, 2})
"""Only the manner counts: no traceback, nothing read outside."""


@dataclass(frozen=True, slots=True)
class Case:
    """One hostile input."""

    make: Callable[[Path], Path]
    """Makes it in an empty folder and returns the path to hand to a command."""
    check_exits: frozenset[int]


# ---- Mach-O: damaged slices ------------------------------------------------------------------


def patched(offset: int, layout: str, *values: int, thin: bool = True) -> bytes:
    """Return a stub with numbers overwritten at `offset`: a thin arm64 slice, or universal2."""
    data = bytearray(stub_bytes("plover-5.2", archs=("arm64",) if thin else BOTH))
    struct.pack_into(layout, data, offset, *values)
    return bytes(data)


def first_command(layout: str, *values: int, command: int, at: int) -> bytes:
    """Return a thin stub with numbers overwritten at `at` in the first load command `command`."""
    data = bytearray(stub_bytes("plover-5.2", archs=("arm64",)))
    position = 32
    for _ in range(struct.unpack_from("<I", data, 16)[0]):
        kind, size = struct.unpack_from("<2I", data, position)
        if kind == command:
            struct.pack_into(layout, data, position + at, *values)
            return bytes(data)
        position += size
    raise LookupError(f"no load command {command:#x}")


_LC_SEGMENT_64, _LC_SYMTAB, _LC_DYSYMTAB = 0x19, 0x2, 0xB
_LC_LOAD_DYLIB, _LC_DYLD_INFO_ONLY, _LC_MAIN = 0xC, 0x80000022, 0x80000028

FAT_HEADER = 8
FAT_ARCH = 20


def _fat(count: int, *archs: tuple[int, int, int, int, int], body: bytes = b"") -> bytes:
    return (
        struct.pack(">2I", 0xCAFEBABE, count)
        + b"".join(struct.pack(">5I", *a) for a in archs)
        + body
    )


ARM64, X86_64 = 0x0100000C, 0x01000007

EXECUTABLES: Mapping[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "one-byte": lambda: b"\xcf",
    "magic-only": lambda: b"\xcf\xfa\xed\xfe",
    "text": lambda: b"this is no program\n",
    "elf": lambda: b"\x7fELF\2\1\1" + bytes(57),
    "java-class": lambda: b"\xca\xfe\xba\xbe\0\0\0\x41" + bytes(200),
    "half": lambda: (data := stub_bytes("plover-5.2"))[: len(data) // 2],
    "no-load-commands": lambda: patched(16, "<2I", 0, 0),
    "many-load-commands": lambda: patched(16, "<I", 0xFFFFFFFF),
    "huge-load-commands": lambda: patched(20, "<I", 0xFFFFFFFF),
    "command-size-0": lambda: patched(36, "<I", 0),
    "command-size-4": lambda: patched(36, "<I", 4),
    "command-size-huge": lambda: patched(36, "<I", 0xFFFFFFF8),
    "command-size-odd": lambda: patched(36, "<I", 73),
    "file-type-unknown": lambda: patched(12, "<I", 0xEE),
    "cpu-unknown": lambda: patched(4, "<2I", 0x7F, 0),
    "segment-past-end": lambda: first_command("<Q", 1 << 62, command=_LC_SEGMENT_64, at=40),
    "segment-size-huge": lambda: first_command(
        "<2Q", 1 << 63, 1 << 63, command=_LC_SEGMENT_64, at=24
    ),
    "sections-many": lambda: first_command("<I", 0xFFFFFFFF, command=_LC_SEGMENT_64, at=64),
    "symbols-many": lambda: first_command("<I", 0xFFFFFFFF, command=_LC_SYMTAB, at=12),
    "symbols-past-end": lambda: first_command("<I", 0xFFFFFFF0, command=_LC_SYMTAB, at=8),
    "indirect-symbols-many": lambda: first_command(
        "<2I", 8, 0xFFFFFFFF, command=_LC_DYSYMTAB, at=56
    ),
    "bindings-past-end": lambda: first_command(
        "<2I", 0xFFFFFFF0, 64, command=_LC_DYLD_INFO_ONLY, at=16
    ),
    "bindings-huge": lambda: first_command("<2I", 0, 0xFFFFFFFF, command=_LC_DYLD_INFO_ONLY, at=16),
    "dylib-name-past-end": lambda: first_command("<I", 0xFFFFFF00, command=_LC_LOAD_DYLIB, at=8),
    "dylib-name-in-header": lambda: first_command("<I", 0, command=_LC_LOAD_DYLIB, at=8),
    "entry-past-end": lambda: first_command("<Q", 1 << 60, command=_LC_MAIN, at=8),
    "entry-in-header": lambda: first_command("<Q", 0, command=_LC_MAIN, at=8),
    "fat-without-slices": lambda: _fat(0),
    "fat-many-slices": lambda: _fat(0xFFFFFFFF),
    "fat-slice-past-end": lambda: patched(FAT_HEADER + 8, ">I", 0xFFFFF000, thin=False),
    "fat-slice-huge": lambda: patched(FAT_HEADER + 12, ">I", 0xFFFFFFFF, thin=False),
    "fat-slices-overlap": lambda: patched(FAT_HEADER + FAT_ARCH + 8, ">I", 4096, thin=False),
    "fat-slice-is-header": lambda: _fat(1, (ARM64, 0, 0, 28, 0)),
    "fat-slice-twice": lambda: patched(FAT_HEADER, ">2I", ARM64, 0, thin=False),
    "fat-slice-unaligned": lambda: patched(FAT_HEADER + 8, ">I", 4097, thin=False),
    "fat-alignment-huge": lambda: patched(FAT_HEADER + 16, ">I", 0xFFFFFFFF, thin=False),
    "fat-in-fat": lambda: _fat(
        1, (ARM64, 0, 4096, 48, 12), body=bytes(4068) + _fat(1, (ARM64, 0, 0, 48, 0)) + bytes(20)
    ),
}
"""Main executables that are damaged, by what is wrong with them."""


def _with_executable(make: Callable[[], bytes]) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        bundle = make_bundle(folder)
        (bundle / "Contents" / "MacOS" / "Hello Tray").write_bytes(make())
        return bundle

    return build


# ---- Info.plist ------------------------------------------------------------------------------


def _xml(body: str, head: str = "") -> bytes:
    start = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{start}{head}<plist version="1.0">{body}</plist>'.encode()


def entity_bomb() -> bytes:
    """Return an XML property list whose entities would grow to some 10**9 characters."""
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE plist [<!ENTITY a0 "aaaaaaaaaa">{entities}]>\n'
    return _xml("<dict><key>CFBundleExecutable</key><string>&a9;</string></dict>", head)


def outside_entity() -> bytes:
    """Return an XML property list that would read a file of the machine."""
    head = '<!DOCTYPE plist [<!ENTITY f SYSTEM "file:///etc/hostname">]>\n'
    return _xml("<dict><key>CFBundleExecutable</key><string>&f;</string></dict>", head)


def binary_plist(objects: list[bytes], *, top: int = 0, count: int | None = None) -> bytes:
    """Return a binary property list of these raw objects (format: CFBinaryPList.c)."""
    data = bytearray(b"bplist00")
    offsets = []
    for item in objects:
        offsets.append(len(data))
        data += item
    table = len(data)
    data += b"".join(struct.pack(">I", offset) for offset in offsets)
    number = len(objects) if count is None else count
    return bytes(data) + struct.pack(">6x2B3Q", 4, 1, number, top, table)


def binary_bomb() -> bytes:
    """Return a binary property list of 500 bytes that unfolds to 10**20 values."""
    levels = [b"\xaa" + bytes([level + 1] * 10) for level in range(20)]
    return binary_plist([*levels, b"\x09"])


INFO_PLISTS: Mapping[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "text": lambda: b"no property list\n",
    "not-closed": lambda: b'<?xml version="1.0"?>\n<plist><dict><key>CFBundleExecutable</key>',
    "array": lambda: plistlib.dumps(["CFBundleExecutable"]),
    "string": lambda: plistlib.dumps("CFBundleExecutable"),
    "entity-bomb": entity_bomb,
    "outside-entity": outside_entity,
    "deep-xml": lambda: _xml("<array>" * 100_000 + "</array>" * 100_000),
    "binary-bomb": binary_bomb,
    "binary-loop": lambda: binary_plist([b"\xd1\1\0", b"\x51a"]),
    "binary-many": lambda: binary_plist([b"\xd0"], count=1 << 60),
    "binary-top-past-end": lambda: binary_plist([b"\xd0"], top=1 << 40),
    "binary-huge-string": lambda: binary_plist([b"\x5f\x13\x7f" + b"\xff" * 7]),
    "binary-header-only": lambda: b"bplist00",
    "utf-16": lambda: "<plist><dict/></plist>".encode("utf-16"),
    "nul-bytes": lambda: bytes(4096),
}
"""Contents of Info.plist that are no property list for an app, by what is wrong with them."""

EXECUTABLE_VALUES: Mapping[str, object] = {
    "leaves-the-bundle": "../../../bin/sh",
    "leaves-far": "../" * 40 + "bin/sh",
    "absolute": "/bin/sh",
    "dot-dot": "..",
    "dot": ".",
    "nothing": "",
    "nul": "Hello\0Tray",
    "number": 7,
    "list": ["Hello Tray"],
    "long": "x" * 5000,
    "slashes": "//Hello Tray//",
}
"""Values of CFBundleExecutable that name no file of the bundle."""


def _with_info(make: Callable[[], bytes]) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        bundle = make_bundle(folder)
        (bundle / "Contents" / "Info.plist").write_bytes(make())
        return bundle

    return build


def _with_executable_value(value: object) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        bundle = make_bundle(folder)
        info = plain_info("Hello Tray", "org.example.hello-tray", "Hello Tray")
        if isinstance(value, str) and "\0" in value:
            text = plistlib.dumps({**info, "CFBundleExecutable": "HelloNULTray"})
            (bundle / "Contents" / "Info.plist").write_bytes(text.replace(b"NUL", b"&#0;"))
        else:
            write_info(bundle / "Contents", {**info, "CFBundleExecutable": value})
        return bundle

    return build


# ---- The folder ------------------------------------------------------------------------------


def no_such_path(folder: Path) -> Path:
    return folder / "Nothing.app"


def a_file(folder: Path) -> Path:
    (folder / "File.app").write_text("a file\n")
    return folder / "File.app"


def empty_folder(folder: Path) -> Path:
    (folder / "Empty.app").mkdir()
    return folder / "Empty.app"


def contents_only(folder: Path) -> Path:
    (folder / "Empty.app" / "Contents" / "MacOS").mkdir(parents=True)
    return folder / "Empty.app"


def _changed(change: Callable[[Path], object]) -> Callable[[Path], Path]:
    """Make a case of a sound bundle and a change to its Contents."""

    def build(folder: Path) -> Path:
        bundle = make_bundle(folder)
        change(bundle / "Contents")
        return bundle

    return build


def _replace(path: Path, make: Callable[[Path], object]) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rename(path.with_name("moved"))
    else:
        path.unlink(missing_ok=True)
    make(path)


def _link(relative: str, target: str) -> Callable[[Path], Path]:
    return _changed(
        lambda contents: _replace(contents / relative, lambda path: path.symlink_to(target))
    )


def _fifo(relative: str) -> Callable[[Path], Path]:
    return _changed(lambda contents: _replace(contents / relative, os.mkfifo))


def _socket(path: Path) -> None:
    here = Path.cwd()
    with socket.socket(socket.AF_UNIX) as opened:
        os.chdir(path.parent)  # a socket's path may have some hundred bytes at most
        try:
            opened.bind(path.name)
        finally:
            os.chdir(here)


def _sparse(path: Path) -> None:
    with path.open("wb") as opened:
        opened.truncate(1 << 40)


def _strange_names(contents: Path) -> None:
    resources = os.fsencode(contents / "Resources")
    for name in (
        b"\xff\xfe not utf-8",
        b"new\nline",
        b"escape \x1b[31m",
        b"-rf",
        "é".encode(),
        b" ",
    ):
        with open(resources + b"/" + name, "wb"):  # noqa: PTH123 - bytes
            pass
    os.symlink(b"\xff target", resources + b"/link \xfe")  # noqa: PTH211 - bytes


def _strange_machos(contents: Path) -> None:
    data = stub_bytes("plover-5.2")
    frameworks = os.fsencode(contents / "Frameworks")
    for name in (b"lib\xff.dylib", b"lib\n.dylib", b"lib\x1b]0;title\x07.dylib", b"-l.dylib"):
        with open(frameworks + b"/" + name, "wb") as opened:  # noqa: PTH123 - bytes
            opened.write(data)


def _deep_folders(contents: Path) -> None:
    # Longer than PATH_MAX, and not so deep that shutil.rmtree cannot clean up (it recurses).
    here = os.open(contents / "Resources", os.O_DIRECTORY)
    for _ in range(620):
        os.mkdir("deeper", dir_fd=here)
        inner = os.open("deeper", os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def _loops(contents: Path) -> None:
    resources = contents / "Resources"
    (resources / "here").symlink_to(".")
    (resources / "up").symlink_to("../..")
    (resources / "one").symlink_to("two")
    (resources / "two").symlink_to("one")
    (resources / "self").symlink_to("self")


def _leaving(contents: Path) -> None:
    resources = contents / "Resources"
    (resources / "root").symlink_to("/")
    (resources / "passwd").symlink_to("/etc/passwd")
    (resources / "parent").symlink_to("../../../..")
    (resources / "nowhere").symlink_to("no/such/file")
    (contents / "Frameworks" / "libc.dylib").symlink_to("/usr/lib/libSystem.B.dylib")


def _contents_elsewhere(folder: Path) -> Path:
    outside = make_bundle(folder / "outside")
    bundle = folder / "Leaves.app"
    bundle.mkdir()
    (bundle / "Contents").symlink_to(outside / "Contents")
    return bundle


FOLDERS: Mapping[str, Case] = {
    "no-such-path": Case(no_such_path, REFUSED),
    "a-file": Case(a_file, REFUSED),
    "empty-folder": Case(empty_folder, REFUSED),
    "contents-only": Case(contents_only, REFUSED),
    "info-is-folder": Case(_changed(lambda c: _replace(c / "Info.plist", Path.mkdir)), REFUSED),
    "info-is-fifo": Case(_fifo("Info.plist"), REFUSED),
    "info-is-sparse": Case(_changed(lambda c: _replace(c / "Info.plist", _sparse)), REFUSED),
    "info-leaves": Case(_link("Info.plist", "/etc/passwd"), REFUSED),
    "info-is-loop": Case(_link("Info.plist", "Info.plist"), REFUSED),
    "contents-leaves": Case(_contents_elsewhere, REFUSED),
    "executable-is-folder": Case(
        _changed(lambda c: _replace(c / "MacOS" / "Hello Tray", Path.mkdir)), TOLD
    ),
    "executable-is-fifo": Case(_fifo("MacOS/Hello Tray"), TOLD),
    "executable-is-socket": Case(
        _changed(lambda c: _replace(c / "MacOS" / "Hello Tray", _socket)), TOLD
    ),
    "executable-is-sparse": Case(
        _changed(lambda c: _replace(c / "MacOS" / "Hello Tray", _sparse)), TOLD
    ),
    "executable-leaves": Case(_link("MacOS/Hello Tray", "/bin/sh"), TOLD),
    "executable-is-loop": Case(_link("MacOS/Hello Tray", "Hello Tray"), TOLD),
    "macos-leaves": Case(_link("MacOS", "/bin"), TOLD),
    "frameworks-leaves": Case(_link("Frameworks", "/usr/lib"), TOLD),
    "frameworks-is-loop": Case(_link("Frameworks", "."), TOLD),
    "links-loop": Case(_changed(_loops), USED),
    "links-leave": Case(_changed(_leaving), USED),
    "fifo-among-resources": Case(_fifo("Resources/pipe"), USED),
    "fifo-as-library": Case(_fifo("Frameworks/libpipe.dylib"), USED),
    "socket-among-resources": Case(_changed(lambda c: _socket(c / "Resources" / "s")), USED),
    "sparse-library": Case(_changed(lambda c: _sparse(c / "Frameworks" / "libbig.dylib")), USED),
    "strange-names": Case(_changed(_strange_names), USED),
    "strange-library-names": Case(_changed(_strange_machos), USED),
    "deep-folders": Case(_changed(_deep_folders), USED),
}
"""Paths that are no bundle, and bundles with things in them that are no plain file."""


CASES: Mapping[str, Case] = {
    **FOLDERS,
    **{f"info-{name}": Case(_with_info(make), REFUSED) for name, make in INFO_PLISTS.items()},
    **{
        f"executable-value-{name}": Case(_with_executable_value(value), TOLD)
        for name, value in EXECUTABLE_VALUES.items()
    },
    **{
        f"executable-{name}": Case(_with_executable(make), TOLD)
        for name, make in EXECUTABLES.items()
    },
}
"""All hostile inputs by name."""
