"""An error of plover-tray's own in a rehearsal is told as such, never as the app's doing."""
# ruff: noqa: E501 - sources of guests in one line

from collections.abc import Callable
from pathlib import Path

import pytest
from apps.compile import Options, compile_source
from click.testing import CliRunner

import plover_tray.rehearsal.libraries  # noqa: F401 - registers the models that are replaced here
from plover_tray.cli.rehearse import command
from plover_tray.rehearsal.ending import RAISE_OWN_ERRORS
from plover_tray.rehearsal.guest.errors import GuestDataError
from plover_tray.rehearsal.machine import models
from plover_tray.rehearsal.machine.frame import Frame
from plover_tray.rehearsal.shell import utilities
from plover_tray.report import console, rehearse_json
from rehearsal.guests import agreed, bundle_around, rehearse_script, rehearse_source

SOURCE = '#include <stdlib.h>\nint main(void) { return getenv("HOME") == NULL; }'
FORKED = '#include <stdlib.h>\n#include <unistd.h>\nint main(void) { if (fork() == 0) getenv("A"); return 0; }'
OWN = [TypeError("x"), AttributeError("x"), KeyError("x"), ValueError("x"), ZeroDivisionError("x")]


def raises(error: Exception) -> Callable[..., None]:
    def model(*_: object) -> None:
        raise error

    return model


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """As users have it: an error of ours becomes the rehearsal's end."""
    monkeypatch.delenv(RAISE_OWN_ERRORS)
    return monkeypatch


@pytest.mark.parametrize("error", OWN, ids=lambda error: type(error).__name__)
def test_a_models_own_error_ends_the_rehearsal_as_one_of_plover_tray(
    error: Exception, told: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told.setitem(models._MODELS, "getenv", raises(error))
    end = agreed(rehearse_source(tmp_path, SOURCE))
    assert (end.outcome, end.call) == ("unknown-call", "getenv")
    assert "an error of plover-tray's own in the model of getenv" in end.message
    assert type(error).__name__ in end.message
    assert end.error is error
    assert error.__traceback__ is not None
    assert end.trace[-1].name == "getenv"
    assert "error" not in rehearse_json.slice_document(end)


@pytest.mark.parametrize("error", OWN, ids=lambda error: type(error).__name__)
def test_a_models_own_error_fails_a_test(
    error: Exception, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(models._MODELS, "getenv", raises(error))
    with pytest.raises(type(error)):
        rehearse_source(tmp_path, SOURCE)


def test_what_only_the_guest_can_be_blamed_for_is_an_unknown_call(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(models._MODELS, "getenv", raises(GuestDataError("an odd name")))
    end = agreed(rehearse_source(tmp_path, SOURCE))
    assert (end.outcome, end.call, end.error) == ("unknown-call", "getenv", None)
    assert end.message.startswith("It calls getenv, and its model does not understand how")


def test_an_own_error_in_a_forked_child_is_kept(told: pytest.MonkeyPatch, tmp_path: Path) -> None:
    error = KeyError("x")
    told.setitem(models._MODELS, "getenv", raises(error))
    end = agreed(rehearse_source(tmp_path, FORKED))
    assert end.error is error
    assert end.message.startswith("In a forked child: ")


def test_an_own_error_in_a_method_that_a_model_calls_names_the_inner_call(
    told: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = '#include <stdlib.h>\nstatic void last(void) { getenv("A"); } int main(void) { atexit(last); return 0; }'
    told.setitem(models._MODELS, "getenv", raises(TypeError("x")))
    assert agreed(rehearse_source(tmp_path, source)).call == "getenv"


def test_an_own_error_in_reading_a_script(told: pytest.MonkeyPatch, tmp_path: Path) -> None:
    error = TypeError("x")
    told.setitem(utilities.UTILITIES, "uname", raises(error))
    (end,) = rehearse_script(tmp_path, "#!/bin/sh\nuname\n").slices
    assert (end.outcome, end.call, end.error) == ("unknown-call", "script", error)
    assert "plover-tray's own in the reading of the script" in end.message


def test_rehearse_vv_prints_the_traceback(told: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(frame: Frame) -> int:
        return int(frame.nothing)  # type: ignore[attr-defined]

    told.setattr(console._Verbosity, "value", 0)
    told.setitem(models._MODELS, "getenv", broken)
    bundle = bundle_around(tmp_path, compile_source(SOURCE, ".c", Options(archs=("arm64",))))
    plain = CliRunner().invoke(command, [str(bundle)], standalone_mode=False)
    assert plain.return_value == 1
    assert "plover-tray's own" in plain.stdout
    assert plain.stderr == ""
    wordy = CliRunner().invoke(command, ["-vv", str(bundle)], standalone_mode=False)
    assert "AttributeError: 'Frame' object has no attribute 'nothing'" in wordy.stderr
    assert "in broken" in wordy.stderr


ODD = {
    "an exec of nothing": ('return execv("", argv) == -1 && errno == ENOENT;', "exit", None),
    "an endless sort of nothing": ("qsort(argv, 1UL << 40, 0, (void *)argv);", "budget", "memory"),
    "a width of many digits": (
        'char f[6000] = "%"; memset(f + 1, 55, 5000); strcpy(f + 5001, "d"); return snprintf(0, 0, f, 1) == 1 << 20;',
        "exit",
        None,
    ),
    "a wide text that is none": ("wchar_t w[] = {0xd800, 0}; char b[9]; return wcstombs(b, w, 9) == (unsigned long)-1;", "exit", None),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(ODD))
def test_odd_arguments_are_the_guests_and_answered(what: str, tmp_path: Path) -> None:
    statements, outcome, call = ODD[what]
    head = "#include <errno.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n#include <wchar.h>\n"
    source = f"{head}int main(int argc, char *argv[]) {{ (void)argc; {statements} return 9; }}"
    end = agreed(rehearse_source(tmp_path, source))
    assert (end.outcome, call or end.call) == (outcome, end.call), end.message
    assert call or end.message.endswith("status 1.")


def test_a_class_that_is_its_own_parent_comes_to_an_end() -> None:
    from plover_tray.rehearsal.libraries.objc import classes

    class Emulated:
        def state_of(self, _kind: type) -> classes.ObjcState:
            own = classes.LocalClass("Loop", 16, 16, 32, 8)
            return classes.ObjcState({16: own})

    line = list(classes.line_of_descent(Emulated(), 16))  # type: ignore[arg-type]
    assert len(line) == classes.MAX_DESCENT
