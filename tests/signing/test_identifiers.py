"""Identifiers are those that codesign chooses."""

from pathlib import Path

import pytest
from signature.parts import qt_app, wheels

from plover_tray.signature.slices import read_file_facts
from plover_tray.signing.identifiers import canonical_identifier, default_identifier


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("libfrotz7.3.5.dylib", "libfrotz7"),
        ("mumble.77.plugin", "mumble.77"),
        ("rumble.rb", "rumble"),
        ("foo.2.3.4", "foo.2"),
        ("foo2.3", "foo2"),
        ("libssl.3.dylib", "libssl.3"),
        ("python3.13", "python3"),
        ("QtCore.abi3.so", "QtCore.abi3"),
        ("folder/7z", "7z"),
        (".hidden", ".hidden"),
    ],
)
def test_a_file_is_called_by_its_name_without_the_minor_version(name: str, identifier: str) -> None:
    assert canonical_identifier(name) == identifier


def test_qts_tools_are_called_as_codesign_called_them() -> None:
    compared = 0
    for path in (wheels("plover") / "PySide6").rglob("*"):
        facts = read_file_facts(path) if path.is_file() and not path.is_symlink() else None
        signature = facts.slices[0].signature if facts and facts.slices else None
        if not facts or not facts.macho or not signature or signature.linker_signed:
            continue
        if not _in_app(path):
            assert signature.best.identifier == default_identifier(path.name, facts.macho), path
            compared += 1
    assert compared >= 11


def _in_app(path: Path) -> bool:
    return any(path.is_relative_to(qt_app(name)) for name in ("Designer", "Linguist", "Assistant"))
