"""How the launcher reads Info.plist, compared with plistlib; under the address sanitizer."""

import plistlib
import subprocess
from pathlib import Path
from typing import Any

import pytest
from apps.cache import cached_folder, digest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from launcher.sources import LAUNCHER

DRIVER = Path(__file__).with_name("settings_driver.c")

SANITIZERS = ("ASAN_OPTIONS", "UBSAN_OPTIONS")
FOUND_BY_SANITIZER = 99
"""Exit status; the sanitizers' own is 1, which here says that a file is broken."""

Setting = tuple[str, str | None, str]

TEXT = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"]) | st.sampled_from("\n\t&<>'\""), max_size=20
)
"""What XML can say; a carriage return becomes a line feed in any XML reader."""
NAMES = st.text(
    st.characters(whitelist_categories=["L", "N"]) | st.sampled_from("&<. "), min_size=1
)
SETTINGS = st.dictionaries(
    NAMES,
    TEXT
    | st.integers(-(2**63), 2**64 - 1)
    | st.lists(TEXT, max_size=4)
    | st.dictionaries(NAMES, TEXT, max_size=4),
    max_size=8,
)
ANYTHING = st.recursive(
    TEXT | st.integers(-(2**63), 2**64 - 1) | st.booleans() | st.binary(max_size=30) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)


@pytest.fixture(scope="session")
def driver() -> Path:
    sources = [DRIVER, LAUNCHER / "settings.h"]

    def build(folder: Path) -> None:
        flags = ["-std=gnu11", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover"]
        subprocess.run(["gcc", *flags, "-I", LAUNCHER, DRIVER, "-o", folder / "driver"], check=True)

    key = digest(*(path.read_bytes() for path in sources), "2")
    return cached_folder(f"settings-driver-{key}", build) / "driver"


def run(driver: Path, *arguments: Path | str) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [driver, *arguments],
        capture_output=True,
        check=False,
        env=dict.fromkeys(SANITIZERS, f"detect_leaks=0:exitcode={FOUND_BY_SANITIZER}"),
    )
    assert done.returncode in {0, 1}, done.stderr.decode()
    return done


def read(driver: Path, plist: bytes, folder: Path) -> tuple[str, list[Setting]] | None:
    """The app's name and the settings, or None for a broken file."""
    path = folder / "Info.plist"
    path.write_bytes(plist)
    done = run(driver, path)
    if done.returncode:
        return None
    name, *words = done.stdout.decode(errors="surrogateescape").split("\0")[:-1]
    triples = zip(words[::3], words[1::3], words[2::3], strict=True)
    return name, [(key, None if name == "\1" else name, value) for key, name, value in triples]


def expected(tray: dict[str, Any]) -> list[Setting]:
    found: list[Setting] = []
    for key, value in tray.items():
        if isinstance(value, dict):
            found += [(key, name, text) for name, text in value.items()]
        elif isinstance(value, list):
            found += [(key, "", text) for text in value]
        else:
            found.append((key, None, str(value)))
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(tray=SETTINGS, name=TEXT, before=ANYTHING, after=ANYTHING)
def test_every_string_is_what_plistlib_reads(
    driver: Path, tmp_path: Path, tray: dict[str, Any], name: str, before: Any, after: Any
) -> None:
    info = {"A": before, "CFBundleName": name, "PloverTray": tray, "Z": after}
    plist = plistlib.dumps(info, sort_keys=False)
    assert read(driver, plist, tmp_path) == (name, expected(plistlib.loads(plist)["PloverTray"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_damage_makes_it_read_past_the_text(
    driver: Path, tmp_path: Path, data: st.DataObject
) -> None:
    plist = bytearray(plistlib.dumps(EXAMPLE))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(plist) - 1))
        plist[at : at + data.draw(st.integers(0, 4))] = data.draw(
            st.binary(max_size=4) | st.sampled_from([b"<", b"&#x", b"&#", b"</", b"<!--", b"\0"])
        )
    read(driver, bytes(plist), tmp_path)


EXAMPLE = {
    "CFBundleName": "Hello & Tray",
    "PloverTray": {
        "Schema": 1,
        "Module": "hello",
        "Flags": ["-s", "-X", "dev"],
        "Environment": {"NAME": "a < b", "EMPTY": ""},
    },
}


def test_a_file_cut_off_anywhere_is_broken(driver: Path, tmp_path: Path) -> None:
    path = tmp_path / "Info.plist"
    path.write_bytes(plistlib.dumps(EXAMPLE).rstrip())
    assert run(driver, "--prefixes", path).stdout == b"1\n"


def test_comments_character_references_and_layout_do_not_matter(
    driver: Path, tmp_path: Path
) -> None:
    plist = (
        '\ufeff<?xml version="1.0"?><!DOCTYPE plist><!-- <key>PloverTray</key> --><plist><dict>'
        "<key>PloverTray</key><!-- > --><dict><key>Module</key>\n\t<string>&#65;&#x20AC;&#x1F600;"
        "&apos;</string><key>Empty</key><string/><key>None</key><array/></dict></dict></plist>"
    ).encode()
    tray = [("Module", None, "A\u20ac\U0001f600'"), ("Empty", None, "")]
    assert read(driver, plist, tmp_path) == ("", tray)


@pytest.mark.parametrize(
    "body",
    [
        "<dict>",
        "</dict>",
        "<dict><key>PloverTray</key><dict></plist>",
        "<dict><key>A<b/></key></dict>",
        "<dict><key>&unknown;</key></dict>",
        "<dict><key>&#0;</key></dict>",
        "<dict><key>&#x110000;</key></dict>",
        "<dict><key>&#65</key></dict>",
        "<array>" * 64 + "</array>" * 64,
    ],
)
def test_what_is_no_property_list_is_broken(driver: Path, tmp_path: Path, body: str) -> None:
    assert read(driver, f"<plist>{body}</plist>".encode(), tmp_path) is None


def test_no_more_settings_are_taken_than_there_is_room_for(driver: Path, tmp_path: Path) -> None:
    def plist(count: int) -> bytes:
        return plistlib.dumps({"PloverTray": {"Flags": ["-s"] * count}})

    found = read(driver, plist(4096), tmp_path)
    assert found is not None
    assert len(found[1]) == 4096
    assert read(driver, plist(4097), tmp_path) is None


def test_the_same_names_elsewhere_are_no_settings(driver: Path, tmp_path: Path) -> None:
    plist = plistlib.dumps(
        {
            "Other": {"PloverTray": {"Module": "wrong"}, "CFBundleName": "wrong"},
            "PloverTray": {"Deep": {"Deeper": {"Module": "wrong"}}, "Module": "right"},
        }
    )
    assert read(driver, plist, tmp_path) == ("", [("Module", None, "right")])
