"""Apple's log, the zip, credentials and the digest, each by itself."""

import os
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notarization.dialogues import KEY
from plover_tray.errors import SigningError, StagingError
from plover_tray.notarization.archive import archive
from plover_tray.notarization.credentials import notary_credentials
from plover_tray.notarization.log import KNOWN, parse_log
from plover_tray.notarization.record import digest_of
from plover_tray.rules import REGISTRY
from plover_tray.signature.resources import TICKET_OF_APP

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["issues", "path", "message", "status"]), inner)
    ),
)


@given(st.dictionaries(st.sampled_from(["issues", "status", "statusSummary"]), JSON))
def test_any_log_is_read(data: dict[str, object]) -> None:
    log = parse_log(data)
    assert sum(map(len, log.by_file.values())) == len(log.issues)


def test_each_mend_names_a_rule_that_exists() -> None:
    codes = set(REGISTRY)
    assert {known.code for known in KNOWN if known.code} <= codes


def test_the_zip_keeps_modes_links_and_names(tmp_path: Path) -> None:
    app = tmp_path / "Ä p.app"
    (app / "Contents/MacOS").mkdir(parents=True)
    run = app / "Contents/MacOS/rün"
    run.write_bytes(b"code" * 5000)
    run.chmod(0o755)
    (app / "Contents/link").symlink_to("MacOS/rün")
    (app / TICKET_OF_APP).write_bytes(b"an old ticket")
    (app / "Contents/empty").mkdir()
    folder = tmp_path / "upload"
    folder.mkdir()
    packed = archive(app, folder, digest_of(app), ditto=False)
    with zipfile.ZipFile(packed) as found:
        infos = {info.filename: info for info in found.infolist()}
        assert set(infos) == {
            *("Ä p.app/", "Ä p.app/Contents/", "Ä p.app/Contents/MacOS/"),
            *("Ä p.app/Contents/MacOS/rün", "Ä p.app/Contents/link", "Ä p.app/Contents/empty/"),
        }
        link = infos["Ä p.app/Contents/link"]
        assert stat.S_ISLNK(link.external_attr >> 16)
        assert found.read(link) == "MacOS/rün".encode()
        program = infos["Ä p.app/Contents/MacOS/rün"]
        assert stat.S_IMODE(program.external_attr >> 16) == 0o755
        assert found.read(program) == run.read_bytes()


@pytest.mark.parametrize("odd", ["pipe", "name"])
def test_what_no_mac_takes_is_not_packed(tmp_path: Path, odd: str) -> None:
    app = tmp_path / "A.app"
    app.mkdir()
    if odd == "pipe":
        os.mkfifo(app / "pipe")
    else:
        Path(os.fsdecode(os.fsencode(app) + b"/\xff")).write_bytes(b"")
    with pytest.raises(StagingError):
        archive(app, tmp_path, "0" * 64, ditto=False)


def test_a_digest_sees_every_change_but_a_ticket(tmp_path: Path) -> None:
    app = tmp_path / "A.app"
    (app / "Contents").mkdir(parents=True)
    file = app / "Contents/file"
    file.write_text("x")
    seen = [digest_of(app)]
    (app / TICKET_OF_APP).write_text("ticket")
    assert digest_of(app) == seen[0]
    for change in (
        lambda: file.write_text("y"),
        lambda: file.chmod(0o700),
        lambda: file.rename(file.with_name("other")),
        lambda: (app / "Contents/link").symlink_to("a"),
        (app / "Contents/empty").mkdir,
    ):
        change()
        seen.append(digest_of(app))
    assert len(set(seen)) == len(seen)


def test_names_composed_or_decomposed_have_one_digest(tmp_path: Path) -> None:
    digests = set()
    for number, name in enumerate(("\u00e4", "a\u0308")):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / name).write_text("x")
        digests.add(digest_of(folder))
    assert len(digests) == 1


def test_a_flag_goes_before_the_environment(tmp_path: Path) -> None:
    key = tmp_path / "AuthKey_ABC123.p8"
    key.write_text(KEY)
    environment = {"PLOVER_TRAY_API_KEY_TEXT": "no", "PLOVER_TRAY_API_ISSUER": "iss-1"}
    found = notary_credentials(environment, api_key=key)
    assert (found.api_key, found.api_key_text) == (key, None)
    assert (found.key_id, found.issuer) == ("ABC123", "iss-1")
    found.check()
    assert notary_credentials(environment, keychain_profile="desk").has_key is False


@pytest.mark.parametrize("environment", [{}, {"PLOVER_TRAY_API_KEY_TEXT": KEY}])
def test_credentials_that_lack_something_say_what(environment: dict[str, str]) -> None:
    found = notary_credentials(environment)
    with pytest.raises(SigningError) as caught:
        found.check()
    assert "--api-key-id" in caught.value.mend
    assert "MIGT" not in repr(found)


@pytest.mark.parametrize("text", ["--help", "a b", "../x", "é", "x" * 100])
def test_an_id_that_is_none_reaches_no_tool(text: str) -> None:
    with pytest.raises(SigningError, match="is not an App Store Connect"):
        notary_credentials({"PLOVER_TRAY_API_KEY_ID": text})
