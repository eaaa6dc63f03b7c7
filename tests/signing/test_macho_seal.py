"""Signing single Mach-O files: as Apple's codesign does, and clearly refused where it cannot be."""

import struct
from pathlib import Path

import crafted_macho as crafted
import lief
import pytest
from signature.parts import library, tool, wheels_with_signatures

from plover_tray.errors import MachOError, SigningError
from plover_tray.macho.edit import split_slices
from plover_tray.macho.file import MachOFile, parse_macho, read_macho
from plover_tray.signature.blobs import make_blob
from plover_tray.signature.constants import Flag, Magic
from plover_tray.signature.requirement_parser import parse_requirement_text
from plover_tray.signature.requirements import make_requirement_set
from plover_tray.signature.slices import FileFacts, read_file_facts
from plover_tray.signing.macho_seal import CMS_ROOM, sign_macho_bytes


def facts_of(data: bytes, tmp_path: Path) -> FileFacts:
    path = tmp_path / "signed"
    path.write_bytes(data)
    return read_file_facts(path)


def macho_files() -> list[tuple[Path, MachOFile]]:
    found = []
    for folder in wheels_with_signatures():
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                try:
                    found.append((path, read_macho(path)))
                except MachOError:
                    continue
    return found


def test_signing_again_what_apples_codesign_signed_adhoc_gives_the_same_files() -> None:
    """Whole universal files, and so every slice of them."""
    same = 0
    for path, _ in macho_files():
        first = read_file_facts(path).slices[0].signature
        if first is None or first.linker_signed or not first.adhoc:
            continue
        info, seal = bundle_files(path)
        data = path.read_bytes()
        again = sign_macho_bytes(
            data, identifier=first.best.identifier, info_plist=info, code_resources=seal
        )
        assert again == data, path
        same += 1
    assert same >= 14


def bundle_files(path: Path) -> tuple[bytes | None, bytes | None]:
    contents = path.parent.parent
    if path.parent.name != "MacOS":
        return None, None
    seal = contents / "_CodeSignature/CodeResources"
    return (contents / "Info.plist").read_bytes(), seal.read_bytes()


def test_every_loadable_file_of_the_wheels_can_be_signed(tmp_path: Path) -> None:
    signed = inserted = 0
    for path, macho in macho_files():
        if macho.filetype in {"dsym", "object"} or path.stat().st_size > 3_000_000:
            continue
        data = sign_macho_bytes(path.read_bytes(), identifier="x")
        facts = facts_of(data, tmp_path)
        assert [s.faults for s in facts.slices] == [()] * len(macho.slices), path
        assert all(s.signature for s in facts.slices), path
        signed += 1
        inserted += sum(s.code_signature is None for s in macho.slices)
        assert sign_macho_bytes(data, identifier="x") == data, path
    assert signed > 200
    assert inserted > 150


def test_another_reader_sees_the_signature_and_the_same_code(tmp_path: Path) -> None:
    path = tmp_path / "signed"
    path.write_bytes(sign_macho_bytes(library().read_bytes(), identifier="x"))
    before, after = lief.MachO.parse(str(library())), lief.MachO.parse(str(path))
    assert before is not None
    assert after is not None
    for old, new in zip(before, after, strict=True):
        assert new.has_code_signature
        assert lief.MachO.check_layout(new)[0]
        assert [bytes(s.content) for s in old.sections] == [bytes(s.content) for s in new.sections]


def test_the_signature_has_the_room_that_codesign_gives_it(tmp_path: Path) -> None:
    data = sign_macho_bytes(library().read_bytes(), identifier="x")
    for slice_ in parse_macho(data).slices:
        where = slice_.code_signature
        assert where is not None
        (length,) = struct.unpack_from(">I", data, slice_.offset + where.offset + 4)
        assert where.size == -(-(length + CMS_ROOM) // 16) * 16
        assert where.offset % 16 == 0
        assert where.offset + where.size == slice_.size


def test_entitlements_go_into_programs_and_not_into_libraries(tmp_path: Path) -> None:
    wanted = {"com.apple.security.cs.allow-jit": True}
    program = facts_of(
        sign_macho_bytes(tool().read_bytes(), identifier="x", entitlements=wanted), tmp_path
    )
    for slice_ in program.slices:
        assert slice_.signature is not None
        assert slice_.signature.entitlements == wanted
        assert slice_.signature.entitlements_der == wanted
        assert slice_.faults == ()
    lib = facts_of(
        sign_macho_bytes(library().read_bytes(), identifier="x", entitlements=wanted), tmp_path
    )
    assert [s.signature.entitlements for s in lib.slices if s.signature] == [None, None]


def test_the_hardened_runtime_is_flagged_with_the_sdks_version(tmp_path: Path) -> None:
    data = sign_macho_bytes(tool().read_bytes(), identifier="x", flags=Flag.ADHOC | Flag.RUNTIME)
    slices = parse_macho(data).slices
    for slice_, facts in zip(slices, facts_of(data, tmp_path).slices, strict=True):
        assert facts.signature is not None
        assert facts.signature.hardened
        assert facts.signature.best.version == 0x20500
        assert facts.signature.best.runtime == slice_.sdk
    told = sign_macho_bytes(
        tool().read_bytes(), identifier="x", flags=Flag.RUNTIME, hardened_runtime_version=(13, 1, 2)
    )
    signature = facts_of(told, tmp_path).slices[0].signature
    assert signature is not None
    assert signature.best.runtime == (13, 1, 2)


def test_what_is_bound_is_bound(tmp_path: Path) -> None:
    requirements = make_requirement_set(parse_requirement_text('identifier "org.example"'))
    data = sign_macho_bytes(
        tool().read_bytes(), identifier="org.example", info_plist=b"info", code_resources=b"seal",
        requirements=requirements,
    )  # fmt: skip
    signature = facts_of(data, tmp_path).slices[0].signature
    assert signature is not None
    directory = signature.best
    assert directory.special[1] == directory.digest(b"info")
    assert directory.special[2] == directory.digest(requirements)
    assert directory.special[3] == directory.digest(b"seal")
    assert signature.designated is not None


def test_a_tools_embedded_info_plist_is_bound(tmp_path: Path) -> None:
    """`python3.13` of a framework build has one; here it is put into a crafted slice."""
    text = b"<plist><dict/></plist>"
    size = 0x4000
    sections = [crafted.section(b"__info_plist", b"__TEXT", 0x1000, len(text))]
    commands = [
        crafted.segment(b"__TEXT", 0, size, sections=sections),
        crafted.segment(b"__LINKEDIT", size, 0x100),
    ]
    thin = bytearray(crafted.thin(commands, size=size + 0x100))
    thin[0x1000 : 0x1000 + len(text)] = text
    data = sign_macho_bytes(bytes(thin), identifier="x")
    facts = facts_of(data, tmp_path)
    signature = facts.slices[0].signature
    assert signature is not None
    assert facts.slices[0].embedded_info == text
    assert signature.best.special[1] == signature.best.digest(text)


def signable(*, room: int = 0x800, tail: bytes = b"", last: bytes = b"__LINKEDIT") -> bytes:
    """A thin slice with `room` bytes free behind its load commands."""
    size = 0x4000
    commands = [
        crafted.segment(b"__TEXT", 0, size, sections=[]),
        crafted.segment(last, size, 0x100),
    ]
    length = 32 + sum(map(len, commands))
    section = crafted.section(b"__text", b"__TEXT", length + 80 + room, 16)
    commands[0] = crafted.segment(b"__TEXT", 0, size, sections=[section])
    return crafted.thin(commands, size=size + 0x100) + tail


def test_sixteen_bytes_of_room_are_enough(tmp_path: Path) -> None:
    data = sign_macho_bytes(signable(room=16), identifier="x")
    assert facts_of(data, tmp_path).slices[0].faults == ()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (lambda: signable(room=15), "15 bytes are free behind its load commands and 16 are needed"),
        (lambda: signable(tail=b"appended archive"), "appended behind its last segment"),
        (lambda: signable(last=b"__OTHER"), "no __LINKEDIT"),
        (lambda: crafted.thin(filetype=1, size=64), "type object carries no signature"),
    ],
)
def test_what_cannot_be_signed_is_refused_with_the_reason(data: object, reason: str) -> None:
    assert callable(data)
    with pytest.raises(SigningError, match=reason):
        sign_macho_bytes(data(), identifier="x")


def test_a_damaged_file_is_refused() -> None:
    with pytest.raises(MachOError):
        sign_macho_bytes(tool().read_bytes()[:3000], identifier="x")


def test_a_static_library_is_refused() -> None:
    archive = b"!<arch>\n".ljust(64, b"\0")
    table = struct.pack(">2I5I", 0xCAFEBABE, 1, 0x0100000C, 0, 64, 64, 2).ljust(64, b"\0")
    with pytest.raises(MachOError, match="static library"):
        sign_macho_bytes(table + archive, identifier="x")


def test_a_damaged_old_signature_is_replaced(tmp_path: Path) -> None:
    (_, thin), *_ = split_slices(tool().read_bytes())
    where = parse_macho(thin).slices[0].code_signature
    assert where is not None
    damaged = thin[: where.offset] + b"x" * where.size
    facts = facts_of(sign_macho_bytes(damaged, identifier="x"), tmp_path)
    assert facts.slices[0].faults == ()


def test_it_needs_no_more_than_the_standard_library_and_macholib() -> None:
    """The launcher's build hook runs it before anything else is installed."""
    import subprocess
    import sys

    code = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        top = name.partition('.')[0]\n"
        "        if top not in sys.stdlib_module_names | {'plover_tray', 'macholib', 'altgraph'}:\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "import plover_tray.signing.macho_seal\n"
    )
    subprocess.run([sys.executable, "-S", "-c", path_code() + code], check=True)


def path_code() -> str:
    import macholib

    import plover_tray

    folders = [str(Path(m.__path__[0]).parent) for m in (plover_tray, macholib)]
    return f"import sys; sys.path += {folders!r}\n"


def test_blobs_have_the_sizes_that_apples_have() -> None:
    assert len(make_blob(Magic.REQUIREMENTS, bytes(4))) == 12
    assert len(make_blob(Magic.WRAPPER, b"")) == 8
