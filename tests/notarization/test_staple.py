"""Stapling: only what was accepted, and a ticket that is late is asked for again."""

from dataclasses import replace
from pathlib import Path

import pytest

from notarization.dialogues import Dialogue, PlayedClock
from plover_tray.errors import SigningError
from plover_tray.notarization.notarize import Notarization, notarize
from plover_tray.notarization.notary import Status
from plover_tray.notarization.retry import RetryPolicy
from plover_tray.notarization.staple import TicketNotFoundError, staple
from plover_tray.notarization.tool_errors import NetworkError, NotaryError
from plover_tray.signature.verify import verify

OK = (0, "The staple and validate action worked!\n", "")


def accepted(path: Path, dialogue: Dialogue) -> Notarization:
    return notarize(path, dialogue.notary(), clock=PlayedClock())


def test_an_accepted_app_gets_its_ticket_and_its_seal_still_holds(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    staple(accepted(sealed, dialogue), dialogue.stapler(), clock=clock)
    assert (sealed / "Contents/CodeResources").read_bytes() == b"a ticket"
    assert verify(sealed).ok
    assert clock.slept == []


def test_a_ticket_not_found_twice_is_found_the_third_time(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    dialogue.play("staple", dialogue.no_ticket(), dialogue.no_ticket(), OK)
    staple(accepted(sealed, dialogue), dialogue.stapler(), clock=clock)
    assert dialogue.count("staple") == 3
    assert clock.slept == [5.0, 10.0]


def test_a_ticket_that_never_comes_ends_it(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    dialogue.play("staple", dialogue.no_ticket())
    with pytest.raises(TicketNotFoundError, match="no ticket"):
        staple(accepted(sealed, dialogue), dialogue.stapler(), clock=clock)
    assert dialogue.count("staple") == 1 + len(RetryPolicy().ticket_retries)


def test_a_network_fault_while_stapling_is_tried_again(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    dialogue.play("staple", dialogue.network_lost(), OK)
    staple(accepted(sealed, dialogue), dialogue.stapler(), clock=clock)
    assert dialogue.count("staple") == 2


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.ACCEPTED])
def test_what_was_not_accepted_is_never_stapled(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock, status: Status
) -> None:
    verdict = replace(accepted(sealed, dialogue), status=status)
    with pytest.raises(SigningError, match="not stapled"):
        staple(verdict, dialogue.stapler(), clock=clock)
    assert dialogue.count("staple") == 0


def test_what_was_changed_after_sending_is_not_stapled(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    verdict = accepted(sealed, dialogue)
    (sealed / "Contents/Resources/late").write_text("x")
    with pytest.raises(SigningError, match="changed after"):
        staple(verdict, dialogue.stapler(), clock=clock)
    assert dialogue.count("staple") == 0


@pytest.mark.parametrize(("code", "words"), [(65, "error 65"), (66, "error 66")])
def test_staplers_numbers_are_explained(
    sealed: Path, dialogue: Dialogue, clock: PlayedClock, code: int, words: str
) -> None:
    if dialogue.tool != "notarytool":
        pytest.skip("stapler's numbers")
    dialogue.play("staple", (code, f"The staple and validate action failed! Error {code}.", ""))
    with pytest.raises(NotaryError, match=words) as caught:
        staple(accepted(sealed, dialogue), dialogue.stapler(), clock=clock)
    assert not isinstance(caught.value, NetworkError)
    assert caught.value.mend
    assert clock.slept == []


def test_a_stapled_image_is_not_sent_again(
    image: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    before = image.read_bytes()
    staple(accepted(image, dialogue), dialogue.stapler(), clock=clock)
    assert image.read_bytes() != before
    again = accepted(image, dialogue)
    assert again.accepted
    assert again.resumed
    assert dialogue.count("submit") == 1


def test_stapling_that_fails_leaves_the_image_as_it_was(
    image: Path, dialogue: Dialogue, clock: PlayedClock
) -> None:
    dialogue.play("staple", (1, "", "Error: this cannot be\n"))
    before = image.read_bytes()
    verdict = accepted(image, dialogue)
    with pytest.raises(NotaryError):
        staple(verdict, dialogue.stapler(), clock=clock)
    assert image.read_bytes() == before
    assert not list(image.parent.glob(".*plover-tray*"))
