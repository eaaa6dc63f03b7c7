"""Secrets are shown to nobody."""

import pickle

import pytest

from plover_tray.tools.secret import Secret


def test_a_secret_shows_itself_only_when_it_is_told_to() -> None:
    secret = Secret("a pass word")
    assert secret.reveal() == "a pass word"
    assert f"{secret} {secret!r} {[secret]}" == "<secret> <secret> [<secret>]"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_a_secret_is_taken_out_of_a_text() -> None:
    assert Secret("open").hidden_in("cannot open: open") == "cannot <secret>: <secret>"
    assert Secret("").hidden_in("cannot open") == "cannot open"
