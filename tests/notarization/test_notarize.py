"""Notarizing, against stand-ins of xcrun and rcodesign that play recorded dialogues."""

import json
from pathlib import Path

import pytest

from notarization.dialogues import INVALID_LOG, KEY, SUBMISSION, Dialogue, PlayedClock
from plover_tray.errors import BundleError, PloverTrayError
from plover_tray.notarization.archive import upload_name
from plover_tray.notarization.events import NotarizationEvent
from plover_tray.notarization.notarize import Notarization, notarize, record_path
from plover_tray.notarization.notary import Status
from plover_tray.notarization.record import digest_of
from plover_tray.notarization.retry import RetryPolicy
from plover_tray.notarization.tool_errors import NetworkError, NotaryError


def ask(path: Path, dialogue: Dialogue, clock: PlayedClock, **how: object) -> Notarization:
    return notarize(path, dialogue.notary(), clock=clock, **how)  # type: ignore[arg-type]


def test_what_apple_accepts_is_accepted(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    told: list[NotarizationEvent] = []
    verdict = ask(sealed, dialogue, clock, progress=told.append)
    assert verdict.accepted
    assert verdict.submission == SUBMISSION
    assert dialogue.count("submit") == 1
    assert dialogue.count("log") == 0
    kinds = [event.kind for event in told]
    assert kinds == ["packing", "sending", "sent", "status", "status"]
    assert clock.slept == [5.0]


def test_exit_status_0_can_be_invalid_and_apples_reasons_are_fetched(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    dialogue.play("info", dialogue.status("Invalid"))
    dialogue.play("log", dialogue.log(INVALID_LOG))
    verdict = ask(sealed, dialogue, clock)
    assert verdict.status is Status.INVALID
    assert not verdict.accepted
    assert verdict.log is not None
    assert verdict.log.summary == "Archive contains critical validation errors"
    assert [len(issues) for issues in verdict.log.by_file.values()] == [2, 1]
    assert [issue.code for issue in verdict.log.issues] == ["CS113", "CS113", "CS110"]
    assert all(issue.mend for issue in verdict.log.issues)


def test_rejected_is_a_refusal_too_even_without_a_log(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    dialogue.play("info", dialogue.status("Rejected"))
    dialogue.play("log", (1, "", "Error: no log yet\n"))
    verdict = ask(sealed, dialogue, clock)
    assert verdict.status is Status.REJECTED
    assert verdict.log is None


def test_credentials_that_apple_does_not_take_are_told_at_once(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    dialogue.play("submit", dialogue.unauthorized())
    with pytest.raises(NotaryError) as caught:
        ask(sealed, dialogue, clock)
    assert not isinstance(caught.value, NetworkError)
    assert "credentials" in caught.value.mend
    assert caught.value.exit_code == 2
    assert dialogue.count("submit") == 1
    assert clock.slept == []


def test_a_network_lost_in_the_middle_of_the_upload_is_tried_again(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    dialogue.play("submit", dialogue.network_lost(), dialogue.upload_cut(), dialogue.sent())
    assert ask(sealed, dialogue, clock).accepted
    assert dialogue.count("submit") == 3
    assert clock.slept[:2] == [2.0, 8.0]


def test_a_network_lost_in_the_middle_of_the_wait_sends_nothing_again(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    lost = dialogue.network_lost()
    progress, accepted = dialogue.status("In Progress"), dialogue.status("Accepted")
    dialogue.play("info", progress, lost, lost, progress, accepted)
    assert ask(sealed, dialogue, clock).accepted
    assert dialogue.count("submit") == 1


def test_a_network_that_stays_away_ends_it_and_the_next_run_sends_it(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    dialogue.play("submit", dialogue.network_lost())
    with pytest.raises(NetworkError, match="send"):
        ask(sealed, dialogue, clock)
    assert dialogue.count("submit") == 1 + len(RetryPolicy().retries)
    dialogue.forget_calls()
    dialogue.play("submit", dialogue.sent())
    assert ask(sealed, dialogue, clock).accepted
    assert dialogue.count("submit") == 1


def test_an_endless_in_progress_ends_by_the_timeout_and_is_resumed(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    dialogue.play("info", dialogue.status("In Progress"))
    with pytest.raises(NotaryError, match="no verdict") as caught:
        ask(sealed, dialogue, clock, policy=RetryPolicy(timeout=600))
    assert "--resume" in caught.value.mend
    assert 500 < sum(clock.slept) <= 600
    dialogue.forget_calls()
    dialogue.play("info", dialogue.status("Accepted"))
    verdict = ask(sealed, dialogue, clock, resume=True)
    assert verdict.accepted
    assert verdict.resumed
    assert dialogue.count("submit") == 0


def test_a_word_that_is_not_known_is_never_a_yes(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    dialogue.play("info", dialogue.status("Splendid"))
    with pytest.raises(NotaryError):
        ask(sealed, dialogue, clock, policy=RetryPolicy(timeout=60))


def test_a_killed_wait_goes_on_without_a_second_submission(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    dialogue.play("info", dialogue.status("In Progress"), dialogue.status("Accepted"))
    clock.kill_at_sleep = 1
    with pytest.raises(KeyboardInterrupt):
        ask(sealed, dialogue, clock)
    record = json.loads(record_path(sealed).read_text())
    assert (record["submission"], record["state"]) == (SUBMISSION, "sent")
    verdict = ask(sealed, dialogue, clock)
    assert verdict.accepted
    assert verdict.resumed
    assert dialogue.count("submit") == 1


class Killed(BaseException):
    """Stands for a kill."""


def kill_while_sending(path: Path, dialogue: Dialogue, clock: PlayedClock) -> None:
    def tell(event: NotarizationEvent) -> None:
        if event.kind == "sending":
            raise Killed

    with pytest.raises(Killed):
        ask(path, dialogue, clock, progress=tell)


def test_killed_while_sending_it_asks_apple_whether_it_arrived(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    kill_while_sending(sealed, dialogue, clock)
    name = upload_name(sealed, digest_of(sealed))
    dialogue.play("history", dialogue.history(name, "Accepted"))
    dialogue.play("info", dialogue.status("Accepted"))
    assert ask(sealed, dialogue, clock, resume=True).accepted
    assert dialogue.count("submit") == 0


def test_killed_while_sending_and_not_arrived_it_is_sent(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    kill_while_sending(sealed, dialogue, clock)
    name = upload_name(sealed, digest_of(sealed))
    dialogue.play("history", dialogue.history(name, "In Progress"))
    with pytest.raises(NotaryError, match="nothing to resume"):
        ask(sealed, dialogue, clock, resume=True)
    assert ask(sealed, dialogue, clock).accepted
    assert dialogue.count("submit") == 1


def test_nothing_is_resumed_for_bytes_that_were_never_sent(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    assert ask(sealed, dialogue, clock).accepted
    (sealed / "Contents/Resources/new").write_text("changed")
    with pytest.raises(NotaryError, match="nothing to resume"):
        ask(sealed, dialogue, clock, resume=True)
    assert ask(sealed, dialogue, clock).resumed is False


def test_again_sends_the_same_bytes_a_second_time(
    image: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    ask(image, dialogue, clock)
    ask(image, dialogue, clock)
    assert dialogue.count("submit") == 1
    ask(image, dialogue, clock, again=True)
    assert dialogue.count("submit") == 2


def test_the_id_is_recorded_before_the_upload_ends(
    image: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    """rcodesign tells it before it uploads; notarytool's JSON only after."""
    dialogue.play("submit", dialogue.upload_cut())
    told: list[NotarizationEvent] = []
    with pytest.raises(NetworkError):
        ask(image, dialogue, clock, progress=told.append)
    assert record_path(image).name in told[-1].text
    record = json.loads(record_path(image).read_text())
    assert record["state"] == "sending"
    assert record["submission"] == ("" if dialogue.tool == "notarytool" else SUBMISSION)


def test_a_keys_text_is_in_no_argument_environment_or_record(
    image: Path,
    dialogue: Dialogue,
    clock: PlayedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PLOVER_TRAY_API_KEY_TEXT", KEY)
    dialogue.play("submit", dialogue.unauthorized())
    with pytest.raises(NotaryError) as caught:
        ask(image, dialogue, clock)
    secret = KEY.splitlines()[1]
    for call in dialogue.calls:
        assert secret not in json.dumps([call["arguments"], call["environment"]])
    given = [call["key"] for call in dialogue.calls if call["key"] and secret in call["key"][0]]
    assert given
    assert all(mode == "0o600" for _, mode in given)
    key_files = [a for call in dialogue.calls for a in call["arguments"] if a.endswith(".p8")]
    assert key_files
    assert not any(Path(file).exists() for file in key_files)
    assert not record_path(image).exists()
    assert secret not in str(caught.value) + caught.value.output


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"schema": 1}', '{"schema":9}', "\0" * 99])
def test_a_damaged_record_is_no_record(
    image: Path, dialogue: Dialogue, clock: PlayedClock, damage: str
) -> None:
    record_path(image).write_text(damage)
    assert ask(image, dialogue, clock).resumed is False


@pytest.mark.parametrize("submission", ["--help", "x", "a b", "a/../b", "7" * 100])
def test_a_record_with_an_id_that_is_none_hands_nothing_to_a_tool(
    image: Path, dialogue: Dialogue, clock: PlayedClock, submission: str
) -> None:
    ask(image, dialogue, clock)
    record = json.loads(record_path(image).read_text())
    record_path(image).write_text(json.dumps(record | {"submission": submission}))
    dialogue.forget_calls()
    with pytest.raises(NotaryError, match="not the ID"):
        ask(image, dialogue, clock)
    assert dialogue.calls == []


@pytest.mark.parametrize("output", ["", "null", "{", "[1]", '{"id": 5}', '{"status": null}', "\0"])
def test_output_that_makes_no_sense_is_an_error_not_a_yes(
    image: Path, dialogue: Dialogue, clock: PlayedClock, output: str
) -> None:
    dialogue.play("submit", (0, output, ""))
    with pytest.raises(PloverTrayError):
        ask(image, dialogue, clock)
    dialogue.play("submit", dialogue.sent())
    dialogue.play("info", (0, output, ""))
    with pytest.raises(PloverTrayError):
        ask(image, dialogue, clock, policy=RetryPolicy(timeout=30))


def test_only_what_apple_takes_is_sent(
    tmp_path: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("x")
    with pytest.raises(BundleError, match="Apple does not notarize"):
        ask(file, dialogue, clock)
