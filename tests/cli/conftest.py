"""What every test of the command line needs."""

import signal

import pytest


@pytest.fixture(autouse=True)
def _keep_sigterm() -> object:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)
