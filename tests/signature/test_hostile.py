"""Damaged and hostile signatures: 10,000 of them, and not one traceback."""

import shutil
import struct
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plover_tray.errors import MachOError
from plover_tray.macho.file import Slice, parse_macho, read_macho
from plover_tray.signature.blobs import SuperBlob, parse_superblob
from plover_tray.signature.slices import read_file_facts
from plover_tray.signature.verify import verify
from plover_tray.signing.macho_seal import sign_macho_bytes
from signature.parts import EXECUTABLE, tool

INTERESTING = [0, 1, 7, 8, 11, 12, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
"""Numbers at which counts and sizes go wrong."""


@dataclass(frozen=True)
class Target:
    """A small signed file whose signature is damaged again and again."""

    path: Path
    data: bytes
    start: int
    """Where the signature begins."""
    blobs: SuperBlob

    def place(self, blob: int, at: int) -> int:
        """A byte of the index (`blob` past the last) or of a blob."""
        if blob >= len(self.blobs.blobs):
            return self.start + at % (12 + 8 * len(self.blobs.blobs))
        found = self.blobs.blobs[blob]
        return self.start + found.offset + at % len(found.raw)


def _target(path: Path, source: bytes, slice_: Slice) -> Target:
    data = source[slice_.offset : slice_.offset + slice_.size]
    where = parse_macho(data).slices[0].code_signature
    assert where is not None
    blobs = parse_superblob(data[where.offset : where.offset + where.size])
    return Target(path, data, where.offset, blobs)


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory, apple_app: Path) -> list[Target]:
    """One with every kind of blob, made by us, and one made by Apple, with CMS and all."""
    folder = tmp_path_factory.mktemp("hostile")
    entitlements = {"a": True, "b": ["c", 1], "d": {"e": "f"}}
    thin = tool().read_bytes()
    slice_ = parse_macho(thin).slices[0]
    own = sign_macho_bytes(
        thin[slice_.offset : slice_.offset + slice_.size],
        identifier="x",
        entitlements=entitlements,
        info_plist=b"i",
        code_resources=b"r",
    )
    apple = (apple_app / EXECUTABLE).read_bytes()
    return [
        _target(folder / "own", own, parse_macho(own).slices[0]),
        _target(folder / "apple", apple, parse_macho(apple).slices[1]),
    ]


CASES_AT_ONCE = 10
"""Damaged signatures in one example: drawing an example takes longer than reading a signature."""


def damage(target: Target, recipe: bytes) -> bytes:
    """The signature with some bytes changed: seven bytes of `recipe` say where and how."""
    damaged = bytearray(target.data[target.start :])
    for at in range(0, len(recipe), 7):
        blob, place, how, value = struct.unpack_from(">BHBxH", recipe, at)
        start = target.place(blob % 7, place) - target.start
        new = value.to_bytes(2)
        if how < 200:
            new = struct.pack(">I", INTERESTING[how % len(INTERESTING)])
        damaged[start : start + len(new)] = new
    return bytes(damaged[: len(target.data) - target.start])


recipes = st.binary(min_size=CASES_AT_ONCE * 14, max_size=CASES_AT_ONCE * 14)


@given(which=st.sampled_from([0, 0, 0, 0, 0, 0, 0, 1]), found=recipes)
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
def test_ten_thousand_damaged_signatures_give_facts_or_faults_but_no_traceback(
    targets: list[Target], which: int, found: bytes
) -> None:
    target = targets[which]
    if not target.path.exists():
        target.path.write_bytes(target.data)
    for case in range(CASES_AT_ONCE):
        recipe = found[case * 14 : (case + 1) * 14]
        with target.path.open("r+b", buffering=0) as file:
            file.seek(target.start)
            file.write(damage(target, recipe[: 7 if case % 2 else 14]))
        facts = read_file_facts(target.path)
        for slice_ in facts.slices:
            if slice_.signature is not None:
                assert slice_.signature.best.flag_names is not None
                assert slice_.signature.cdhashes


@given(
    st.integers(0, 4000), st.sampled_from(INTERESTING), st.sampled_from(["<", ">"]), st.booleans()
)
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_damaged_load_commands_give_an_error_or_faults(
    targets: list[Target], at: int, number: int, order: str, fat: bool
) -> None:
    data = bytearray(tool().read_bytes() if fat else targets[0].data)
    struct.pack_into(order + "I", data, at, number)
    path = targets[0].path.with_name("headers")
    path.write_bytes(data)
    read_file_facts(path)


def test_millions_of_tiny_pages_take_no_time(tmp_path: Path) -> None:
    """Pages of two bytes, as many hashes as fit: the work is bounded by the file's size."""
    target = tmp_path / "tiny"
    data = bytearray(tool().read_bytes())
    slice_ = parse_macho(bytes(data)).slices[0]
    assert slice_.code_signature is not None
    at = slice_.offset + slice_.code_signature.offset + 36 + 39
    data[at] = 1
    target.write_bytes(data)
    before = time.process_time()
    facts = read_file_facts(target)
    assert any(fault.kind == "coverage" for fault in facts.slices[0].faults)
    assert time.process_time() - before < 20


@pytest.mark.parametrize(
    "rules",
    [
        "<key>^(a*)*(a*)*(a*)*(a*)*(a*)*$</key><true/>",
        "".join(f"<key>^.*{'(a|b)' * 150}{n}$</key><true/>" for n in range(150)),
        "<key>" + "(" * 400 + ")" * 400 + "</key><true/>",
    ],
)
def test_rules_that_would_take_for_ever_are_refused_or_quick(sealed: Path, rules: str) -> None:
    for number in range(50):
        name = "a" * (200 - number) + "b"
        (sealed / "Contents/Resources" / name).write_bytes(b"")
    seal = sealed / "Contents/_CodeSignature/CodeResources"
    seal.write_text(
        f"<plist><dict><key>files2</key><dict/><key>rules2</key><dict>{rules}</dict></dict></plist>"
    )
    assert not verify(sealed).ok


def test_a_requirement_in_the_seal_that_is_nonsense_is_said(sealed: Path) -> None:
    seal = sealed / "Contents/_CodeSignature/CodeResources"
    text = seal.read_text()
    start = text.index("cdhash H")
    seal.write_text(text[:start] + "(" * 300 + text[text.index("</string>", start) :])
    kinds = {problem.kind.value for problem in verify(sealed).problems}
    assert "seal" in kinds


def test_names_in_the_seal_that_lead_elsewhere_open_nothing(sealed: Path) -> None:
    seal = sealed / "Contents/_CodeSignature/CodeResources"
    data = seal.read_bytes().replace(b"Resources/icon.icns", b"../../../../etc/passwd")
    seal.write_bytes(data)
    found = {(p.kind.value, p.path) for p in verify(sealed).problems}
    assert ("missing", "Contents/../../../../etc/passwd") in found


@given(st.integers(0, 1 << 20), st.floats(0, 1, exclude_max=True), st.integers(0, 7))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_flipped_bit_in_any_file_of_a_bundle_is_found(
    small_app_to_damage: Path, which: int, place: float, bit: int
) -> None:
    files = sorted(
        path
        for path in small_app_to_damage.rglob("*")
        if path.is_file() and not path.is_symlink() and path.name != "PkgInfo"
    )
    path = files[which % len(files)]
    original = path.read_bytes()
    at = int(place * len(original))
    try:
        path.write_bytes(original[:at] + bytes([original[at] ^ 1 << bit]) + original[at + 1 :])
        found = verify(small_app_to_damage)
    finally:
        path.write_bytes(original)
    assert not found.ok or not covered(path, at)


def covered(path: Path, at: int) -> bool:
    """Whether the byte is signed: of a program, not its signature nor what lies between slices."""
    try:
        slices = read_macho(path).slices
    except MachOError:
        return True
    return any(
        s.code_signature is not None and s.offset <= at < s.offset + s.code_signature.offset
        for s in slices
    )


@pytest.fixture(scope="module")
def small_app_to_damage(small_app_sealed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Restored by each test that uses it."""
    target = tmp_path_factory.mktemp("flips") / "Small.app"
    return Path(shutil.copytree(small_app_sealed, target, symlinks=True))
