"""The package as its users import it: cheap, and with all that their type hints need."""

import importlib
import inspect
import subprocess
import sys

import pytest

import plover_tray

HEAVY = ("pydantic", "lief", "unicorn", "rich")


@pytest.mark.parametrize(
    "statement", ["import plover_tray", "import plover_tray.report", "import plover_tray.cli"]
)
def test_an_import_imports_nothing_heavy(statement: str) -> None:
    asked = f"import sys; {statement}; print(*[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("name", plover_tray.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(plover_tray, name) is not None
    assert name in dir(plover_tray)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'Nonsense'"):
        _ = plover_tray.Nonsense


CALLS = [name for name in plover_tray.__all__ if inspect.isfunction(getattr(plover_tray, name))]


@pytest.mark.parametrize("name", CALLS)
def test_what_a_call_gives_back_is_a_public_type(name: str) -> None:
    given = inspect.signature(getattr(plover_tray, name)).return_annotation
    assert (given if isinstance(given, str) else given.__name__) in plover_tray.__all__


def test_what_a_test_of_a_tray_is_given_can_be_named() -> None:
    pytest.importorskip("pytestqt")
    from plover_tray.tray import CaughtIcon, TrayIcons

    real = importlib.import_module("plover_tray.tray.qt_icons")
    assert CaughtIcon is real.CaughtIcon
    assert TrayIcons is real.TrayIcons
