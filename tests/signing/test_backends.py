"""Other people's tools, with stand-ins that record their calls: order, arguments, secrets."""

import json
import os
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest
from signature.parts import FRAMEWORK, library

from plover_tray.errors import SigningError, ToolError
from plover_tray.signature.entitlements import PYTHON_ENTITLEMENTS
from plover_tray.signature.verify import verify
from plover_tray.signing.backends.codesign import CodesignBackend
from plover_tray.signing.backends.rcodesign import RcodesignSigner
from plover_tray.signing.credentials import Credentials, credentials_from_environment
from plover_tray.signing.options import SignOptions
from plover_tray.signing.sign import FileBackend, choose_backend, seal_in_place
from plover_tray.tools.program import Program
from plover_tray.tools.secret import Secret

IDENTITY = "Developer ID Application: Example (TEAM123456)"
PASSWORD = "correct horse battery staple"
HERE = Path(__file__).parent


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stand-ins write how they were called."""
    file = tmp_path / "record"
    monkeypatch.setenv("STAND_IN_RECORD", str(file))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return file


def calls(record: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in record.read_text().splitlines()]


def stand_in(name: str) -> Program:
    return Program(name, HERE / f"stand_in_{name}")


def codesign(credentials: Credentials) -> CodesignBackend:
    return CodesignBackend(credentials, tool=stand_in("codesign"), wait=lambda _: None)


def rcodesign(credentials: Credentials) -> FileBackend:
    signer = RcodesignSigner(credentials, tool=stand_in("rcodesign"), wait=lambda _: None)
    return FileBackend(signer)


@pytest.fixture
def p12(tmp_path: Path) -> Path:
    file = tmp_path / "key.p12"
    file.write_bytes(b"a key")
    return file


def test_codesign_signs_inner_code_first_and_programs_with_their_entitlements(
    app: Path, record: Path, tmp_path: Path
) -> None:
    keychain = tmp_path / "build.keychain-db"
    keychain.write_bytes(b"")
    backend = codesign(Credentials(identity=IDENTITY, keychain=keychain))
    report = seal_in_place(app, SignOptions(hardened=True), backend=backend)
    done = calls(record)
    signed = [
        [os.path.relpath(a, app) for a in call["arguments"] if a.startswith(str(app))]
        for call in done
    ]
    assert signed == [
        [f"Contents/Resources/lib/python3.13/{library().name}", "Contents/Frameworks/libqt.dylib"],
        ["Contents/MacOS/python3.13"],
        [f"Contents/Frameworks/{FRAMEWORK}/Versions/A"],
        ["."],
    ]
    for call in done:
        arguments = call["arguments"]
        assert arguments[:4] == ["--force", "--sign", IDENTITY, "--timestamp"]
        assert arguments[arguments.index("--keychain") + 1] == str(keychain)
        assert arguments[arguments.index("--options") + 1] == "runtime"
        assert "--deep" not in arguments
    entitled = [call for call in done if "--entitlements" in call["arguments"]]
    assert [signed[done.index(call)] for call in entitled] == [["Contents/MacOS/python3.13"], ["."]]
    assert all(key in entitled[0]["--entitlements"] for key in PYTHON_ENTITLEMENTS)
    assert report.backend == "codesign"
    assert verify(app).problems == ()


def test_codesign_writes_the_designated_requirement_for_the_main_code_only(
    app: Path, record: Path
) -> None:
    text = 'designated => identifier "org.example.small"'
    backend = codesign(Credentials())
    seal_in_place(app, SignOptions(requirement=text), backend=backend)
    with_requirement = [c["arguments"] for c in calls(record) if "--requirements" in c["arguments"]]
    assert len(with_requirement) == 1
    assert f"={text}" in with_requirement[0]
    assert with_requirement[0][:4] == ["--force", "--sign", "-", "--timestamp=none"]


def test_rcodesign_signs_single_files_with_our_code_resources(
    app: Path, record: Path, p12: Path
) -> None:
    backend = rcodesign(Credentials(p12=p12, p12_password=Secret(PASSWORD)))
    report = seal_in_place(app, SignOptions(hardened=True), backend=backend)
    done = calls(record)
    assert len(done) == 5
    assert done[-1]["arguments"][-2].endswith("Contents/MacOS/Small")
    assert "--code-resources-file" in done[-1]["arguments"]
    assert done[-2]["arguments"][-2].endswith("Versions/A/QtConcurrent")
    for call in done:
        arguments = call["arguments"]
        assert arguments[arguments.index("--p12-file") + 1] == str(p12)
        assert arguments[arguments.index("--code-signature-flags") + 1] == "runtime"
        assert arguments[arguments.index("--timestamp-url") + 1].startswith(
            "http://timestamp.apple"
        )
        program = arguments[-2].endswith(("/Small", "/python3.13"))
        assert ("--entitlements-xml-file" in arguments) == program
    assert report.backend == "rcodesign"
    assert (report.files, report.bundles) == (5, 2)
    assert verify(app).problems == ()
    assert not list(app.rglob(".plover-tray-*"))


def test_a_password_reaches_the_tool_and_nobody_else(
    app: Path, record: Path, p12: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLOVER_TRAY_P12_PASSWORD", PASSWORD)
    monkeypatch.setenv("PLOVER_TRAY_P12", str(p12))
    credentials = credentials_from_environment()
    seal_in_place(app, backend=rcodesign(credentials))
    for call in calls(record):
        assert call["password"] == PASSWORD
        assert all(PASSWORD not in argument for argument in call["arguments"])
        assert "PLOVER_TRAY_P12_PASSWORD" not in call["environment"]
    assert PASSWORD not in f"{credentials!r} {credentials.p12_password}"
    with pytest.raises(TypeError):
        pickle.dumps(credentials.p12_password)


def test_a_password_that_a_tool_prints_is_not_shown(
    app: Path, record: Path, p12: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_OUTPUT", f"Error: cannot open with {PASSWORD}")
    record.with_name("record.failures").write_text("1000")
    backend = rcodesign(Credentials(p12=p12, p12_password=Secret(PASSWORD)))
    with pytest.raises(ToolError) as caught:
        seal_in_place(app, backend=backend)
    assert PASSWORD not in f"{caught.value} {caught.value.output}"
    assert "<secret>" in caught.value.output


def test_a_time_stamp_server_that_does_not_answer_is_asked_again(
    app: Path, record: Path, p12: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_OUTPUT", "The timestamp service is not available.")
    record.with_name("record.failures").write_text("2")
    seal_in_place(app, backend=rcodesign(Credentials(p12=p12)))
    assert len(calls(record)) == 7
    assert verify(app).ok


def test_a_failure_says_what_the_tool_said_and_what_to_do(
    app: Path, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_EXIT", "1")
    monkeypatch.setenv("STAND_IN_OUTPUT", f"{app}: errSecInternalComponent")
    with pytest.raises(ToolError, match="errSecInternalComponent") as caught:
        seal_in_place(app, backend=codesign(Credentials(identity=IDENTITY)))
    assert "unlock-keychain" in caught.value.mend
    assert "errSecInternalComponent" in caught.value.output


def test_a_tool_that_signs_wrongly_is_found_out(app: Path, record: Path, p12: Path) -> None:
    liar = Program("rcodesign", Path("/bin/true"))
    with pytest.raises(SigningError, match="does not verify"):
        seal_in_place(app, backend=FileBackend(RcodesignSigner(Credentials(p12=p12), tool=liar)))


def test_a_tool_that_hangs_is_stopped_and_may_wait_for_a_password(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper = tmp_path / "sleeper"
    sleeper.write_text("#!/bin/sh\nexec sleep 600\n")
    sleeper.chmod(0o755)
    monkeypatch.setattr("plover_tray.signing.tool_errors.TIMEOUT", 0.2)
    backend = CodesignBackend(Credentials(identity=IDENTITY), tool=Program("codesign", sleeper))
    with pytest.raises(ToolError, match="codesign did not finish within 0 seconds") as caught:
        seal_in_place(app, backend=backend)
    assert "password dialog" in caught.value.mend


def test_a_missing_tool_is_named_with_where_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolError, match="rcodesign is not on PATH") as caught:
        choose_backend("rcodesign", Credentials())
    assert "apple-codesign" in caught.value.mend
    with pytest.raises(ToolError, match="codesign is not on PATH"):
        CodesignBackend(Credentials())


def test_the_backend_goes_by_the_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, p12: Path
) -> None:
    for name in ("codesign", "rcodesign"):
        (tmp_path / name).symlink_to(HERE / f"stand_in_{name}")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert choose_backend("auto", Credentials()).name == "builtin"
    assert choose_backend("auto", Credentials(p12=p12)).name == "rcodesign"
    monkeypatch.setattr("sys.platform", "darwin")
    assert choose_backend("auto", Credentials(identity=IDENTITY)).name == "codesign"
    assert choose_backend("codesign", Credentials()).name == "codesign"
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(SigningError, match="ad-hoc"):
        choose_backend("builtin", Credentials(identity=IDENTITY))
    with pytest.raises(SigningError, match=r"\.p12"):
        choose_backend("codesign", Credentials(p12=p12))
    with pytest.raises(SigningError, match=r"\.p12"):
        choose_backend("auto", Credentials(identity=IDENTITY))


def test_credentials_come_from_flags_first_and_then_from_the_environment(
    tmp_path: Path, p12: Path
) -> None:
    secret_file = tmp_path / "password"
    secret_file.write_text(f"{PASSWORD}\nsecond line\n")
    environment = {
        "PLOVER_TRAY_IDENTITY": IDENTITY,
        "PLOVER_TRAY_KEYCHAIN": "/k",
        "PLOVER_TRAY_P12": str(p12),
        "PLOVER_TRAY_P12_PASSWORD_FILE": str(secret_file),
    }
    found = credentials_from_environment(environment)
    assert (found.identity, found.keychain, found.p12) == (IDENTITY, Path("/k"), p12)
    assert found.p12_password is not None
    assert found.p12_password.reveal() == PASSWORD
    assert credentials_from_environment(environment, identity="me").identity == "me"
    assert credentials_from_environment({}).empty
    with pytest.raises(SigningError, match="does not exist"):
        credentials_from_environment({"PLOVER_TRAY_P12": str(tmp_path / "no")})
    with pytest.raises(SigningError, match="cannot be read"):
        credentials_from_environment({}, p12_password_file=tmp_path / "no")
