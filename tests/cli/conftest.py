"""What every test of the command line needs."""

import signal

import pytest


@pytest.fixture(autouse=True)
def _keep_handlers() -> object:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)
