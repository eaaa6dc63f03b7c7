"""The real rcodesign, where it is on PATH: it reads our seals, and signs for us."""

import plistlib
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from signature.parts import FRAMEWORK, qt_app

from plover_tray.errors import ToolError
from plover_tray.signature.slices import read_file_facts
from plover_tray.signature.verify import verify
from plover_tray.signing.backends.rcodesign import RcodesignSigner
from plover_tray.signing.credentials import Credentials
from plover_tray.signing.options import SignOptions
from plover_tray.signing.sign import FileBackend, seal_in_place
from plover_tray.tools.secret import Secret

SEAL = "Contents/_CodeSignature/CodeResources"
PASSWORD = "a pass word"


def complaints(rcodesign: Path, path: Path) -> Counter[str]:
    """What `rcodesign verify` says of a Mach-O file, without the slice's number."""
    done = subprocess.run(
        [str(rcodesign), "verify", str(path)], capture_output=True, text=True, check=False
    )
    lines = (done.stdout).splitlines()
    return Counter(line.partition(": ")[2] for line in lines if line.startswith("@"))


def programs(app: Path) -> list[Path]:
    return [app / code.executable for code in verify(app).objects if code.wants_signature]


def test_it_has_no_more_to_say_of_our_seals_than_of_apples(rcodesign: Path, app: Path) -> None:
    """It takes the empty CMS blob of every ad-hoc signature for damage, Apple's too."""
    apples = complaints(rcodesign, qt_app("Designer") / "Contents/MacOS/Designer")
    seal_in_place(app, SignOptions(hardened=True))
    for path in programs(app):
        assert set(complaints(rcodesign, path)) <= set(apples), path


def test_it_prints_what_we_have_signed(rcodesign: Path, app: Path) -> None:
    report = seal_in_place(app, SignOptions(hardened=True))
    done = subprocess.run(
        [str(rcodesign), "print-signature-info", str(app)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert report.identifier in done.stdout
    assert "com.apple.security.cs.allow-jit" in done.stdout
    assert "RUNTIME" in done.stdout
    assert FRAMEWORK in done.stdout


def test_the_whole_plover_is_read_by_it(rcodesign: Path, plover_app: Path, tmp_path: Path) -> None:
    app = tmp_path / "Plover.app"
    subprocess.run(["cp", "-a", "--reflink=auto", str(plover_app), str(app)], check=True)
    seal_in_place(app)
    apples = complaints(rcodesign, qt_app("Designer") / "Contents/MacOS/Designer")
    found = subprocess.run(
        [str(rcodesign), "print-signature-info", str(app)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    objects = verify(app).objects
    for code in objects:
        for signature in code.signatures:
            assert signature.best.identifier in found
    loadable = [app / code.executable for code in objects if code.wants_signature]
    for path in loadable[:: max(1, len(loadable) // 60)]:
        assert set(complaints(rcodesign, path)) <= set(apples), path
    shutil.rmtree(app)  # 470 MB, which pytest would keep for three runs


def test_its_own_seal_of_a_bundle_is_like_ours_and_verifies(
    rcodesign: Path, app: Path, tmp_path: Path
) -> None:
    """Signed by two programs that share no line: the same paths, kinds and hashes of resources."""
    (app / "Contents/MacOS/link").symlink_to("python3.13")
    seal_in_place(app)
    theirs = tmp_path / "theirs" / app.name
    shutil.copytree(app, theirs, symlinks=True)
    subprocess.run([str(rcodesign), "sign", str(theirs)], check=True, capture_output=True)
    assert verify(theirs).problems == ()
    for seal in (SEAL, f"Contents/Frameworks/{FRAMEWORK}/Versions/A/{SEAL.partition('/')[2]}"):
        assert without_code(app / seal) == without_code(theirs / seal)


def without_code(seal: Path) -> dict[str, Any]:
    """A CodeResources without what depends on how code was signed."""
    found = plistlib.loads(seal.read_bytes())
    for files in (found["files"], found["files2"]):
        for path, entry in files.items():
            if path.endswith(".so"):
                files[path] = "code"
            elif isinstance(entry, dict) and "cdhash" in entry:
                files[path] = sorted(entry)
    return dict(found)


@pytest.fixture
def p12(rcodesign: Path, tmp_path: Path) -> Path:
    """A self-signed certificate that pretends to be a Developer ID."""
    file = tmp_path / "self-signed.p12"
    command = [
        *(str(rcodesign), "generate-self-signed-certificate"),
        *("--profile", "developer-id-application", "--person-name", "Test Person"),
        *("--team-id", "TEAM123456", "--country-name", "XX"),
        *("--p12-file", str(file), "--p12-password", PASSWORD),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return file


def test_it_signs_for_us_with_a_certificate(rcodesign: Path, p12: Path, app: Path) -> None:
    credentials = Credentials(p12=p12, p12_password=Secret(PASSWORD), timestamp=False)
    backend = FileBackend(RcodesignSigner(credentials))
    report = seal_in_place(app, SignOptions(hardened=True), backend=backend)
    assert (report.files, report.bundles) == (5, 2)
    found = verify(app)
    assert found.ok
    for code in found.objects:
        for signature in code.signatures:
            assert not signature.adhoc
            assert signature.hardened
            assert signature.cms is not None
            assert signature.cms.problems == ()
            assert not signature.cms.apple
            assert "Test Person" in signature.cms.certificates[0].name
            assert signature.cms.timestamp is None
        assert bool(code.entitlements) == (code.filetype == "execute")


def test_a_wrong_password_is_said_and_not_shown(rcodesign: Path, p12: Path, app: Path) -> None:
    credentials = Credentials(p12=p12, p12_password=Secret("wrong one"), timestamp=False)
    with pytest.raises(ToolError) as caught:
        seal_in_place(app, backend=FileBackend(RcodesignSigner(credentials)))
    assert "wrong one" not in f"{caught.value}{caught.value.output}"


def test_what_it_signed_adhoc_verifies_with_ours(rcodesign: Path, app: Path) -> None:
    seal_in_place(app, backend=FileBackend(RcodesignSigner(Credentials())))
    assert verify(app).ok
    for path in programs(app):
        assert all(not s.faults for s in read_file_facts(path).slices)
