"""The launcher of one app has the app's architectures, systems and search paths."""

from pathlib import Path

import pytest

from plover_tray.errors import FixError
from plover_tray.fixing.launcher import LAUNCHER_MINOS, tailored_launcher, without_signature
from plover_tray.macho.file import parse_macho
from plover_tray.payload.parts import launcher_binary
from plover_tray.signing.macho_seal import sign_macho_bytes

KEPT = (None, None)


def test_each_slice_has_the_systems_asked_for_and_no_signature() -> None:
    made = tailored_launcher(
        launcher_binary(), {"arm64": ((12, 3, 0), (14, 0, 0)), "x86_64": ((11, 0, 0), None)}, ()
    )
    slices = {slice_.arch: slice_ for slice_ in parse_macho(made).slices}
    assert slices.keys() == {"arm64", "x86_64"}
    assert (slices["arm64"].minos, slices["arm64"].sdk) == ((12, 3, 0), (14, 0, 0))
    assert slices["x86_64"].minos == (11, 0, 0)
    assert [slice_.code_signature for slice_ in slices.values()] == [None, None]


def test_none_leaves_the_launchers_own_systems() -> None:
    own = {s.arch: (s.minos, s.sdk) for s in parse_macho(launcher_binary()).slices}
    made = tailored_launcher(launcher_binary(), dict.fromkeys(LAUNCHER_MINOS, KEPT), ())
    assert {s.arch: (s.minos, s.sdk) for s in parse_macho(made).slices} == own
    assert {arch: minos for arch, (minos, _) in own.items()} == LAUNCHER_MINOS


def test_one_architecture_makes_a_thin_launcher() -> None:
    macho = parse_macho(tailored_launcher(launcher_binary(), {"arm64": KEPT}, ()))
    assert not macho.fat
    assert macho.archs == ("arm64",)


def test_every_slice_gets_the_search_paths_in_their_order_and_once() -> None:
    rpaths = ("@executable_path/../Frameworks", "@executable_path/../lib")
    made = tailored_launcher(
        launcher_binary(), dict.fromkeys(LAUNCHER_MINOS, KEPT), (*rpaths, rpaths[0])
    )
    for slice_ in parse_macho(made).slices:
        assert slice_.rpaths[-2:] == rpaths


def test_an_architecture_that_there_is_no_launcher_for_is_refused() -> None:
    with pytest.raises(FixError, match="no launcher for ppc"):
        tailored_launcher(launcher_binary(), {"arm64": KEPT, "ppc": KEPT}, ())


def test_more_search_paths_than_there_is_room_for_are_refused() -> None:
    rpaths = [f"@executable_path/../Frameworks/{'x' * 200}{number}" for number in range(500)]
    with pytest.raises(FixError, match=r"cannot be tailored.* bytes of room"):
        tailored_launcher(launcher_binary(), {"arm64": KEPT}, rpaths)


def test_a_signed_launcher_is_the_same_but_for_its_signature(tmp_path: Path) -> None:
    made = tailored_launcher(launcher_binary(), dict.fromkeys(LAUNCHER_MINOS, KEPT), ())
    signed = sign_macho_bytes(made, identifier="org.example.app")
    assert signed != made
    assert without_signature(signed) == made
