"""What the old main executable did is read from its rehearsal, or asked for; never guessed."""

from pathlib import Path
from typing import Any

import pytest
from apps.bundles import make_bundle
from rules.checking import INTERPRETER, runs_python, told

from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.bundle.entry import Entry
from plover_tray.errors import FixError
from plover_tray.fixing.origin import MARKERS, Origin, interpreter_of, origin_from_rehearsal
from plover_tray.rehearsal import Rehearsal, rehearse

MODULE = ("-m", "hello_tray")
CONTENTS = "/Applications/Hello Tray.app/Contents"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> AppBundle:
    return AppBundle.open(make_bundle(tmp_path_factory.mktemp("bundle")))


def origin(bundle: AppBundle, *words: str, **more: Any) -> Origin:
    """Of a main executable that execs the bundle's Python with these words."""
    return origin_from_rehearsal(bundle, runs_python(bundle.path, *words, **more))


@pytest.mark.parametrize("outcome", ["exec", "spawn"])
def test_the_users_arguments_are_no_part_of_what_python_runs(
    outcome: str, bundle: AppBundle
) -> None:
    found = origin(bundle, "-s", *MODULE, "--gui", *MARKERS, outcome=outcome)
    assert found == Origin(
        Entry("module", "hello_tray", ("-s",), ("--gui",)), INTERPRETER, {}, (), None, ()
    )


def test_arguments_that_were_not_passed_on_are_noted(bundle: AppBundle) -> None:
    (note,) = origin(bundle, *MODULE).notes
    assert "did not pass the user's arguments on" in note


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((*MARKERS, "--gui"), "as the last ones"),
        ((MARKERS[1], MARKERS[0]), "as the last ones"),
        (MARKERS[:1], "as the last ones"),
        ((" ".join(MARKERS),), "joined into one word"),
    ],
)
def test_arguments_that_are_passed_on_oddly_are_asked_for(
    words: tuple[str, ...], reason: str, bundle: AppBundle
) -> None:
    with pytest.raises(FixError, match=reason) as caught:
        origin(bundle, *MODULE, *words)
    assert "--entry" in caught.value.mend


def test_placeholders_of_the_merged_rehearsal_stay_in_the_settings(bundle: AppBundle) -> None:
    found = origin(
        bundle,
        *(*MODULE, "--data=${CONTENTS}/Resources/data"),
        environment={"DATA": "${CONTENTS}/Resources", "PLAIN": "1", "GONE": None},
    )
    assert found.entry.arguments == ("--data=${CONTENTS}/Resources/data",)
    assert found.environment == {"DATA": "${CONTENTS}/Resources", "PLAIN": "1"}
    assert found.unset_environment == ("GONE",)


def test_variables_of_the_launcher_and_of_dyld_are_left_out(bundle: AppBundle) -> None:
    environment = {"PYTHONHOME": CONTENTS, "DYLD_LIBRARY_PATH": f"{CONTENTS}/lib"}
    found = origin(bundle, *MODULE, *MARKERS, environment=environment)
    assert found.environment == {}
    (note,) = found.notes
    assert "DYLD_LIBRARY_PATH" in note


@pytest.mark.parametrize(
    ("script", "folder", "target"),
    [
        (f"{CONTENTS}/Resources/main.py", None, "Resources/main.py"),
        (f"{CONTENTS}/MacOS/../Resources/main.py", None, "Resources/main.py"),
        ("main.py", f"{CONTENTS}/Resources", "Resources/main.py"),
        ("../Resources/main.py", f"{CONTENTS}/MacOS", "Resources/main.py"),
    ],
)
def test_a_script_is_found_from_where_python_was_started(
    script: str, folder: str | None, target: str, bundle: AppBundle
) -> None:
    found = origin(bundle, script, *MARKERS, working_directory=folder)
    assert found.entry == Entry("script", target)


@pytest.mark.parametrize(
    ("script", "folder"), [("main.py", None), ("/tmp/main.py", None), ("main.py", "/tmp")]
)
def test_a_script_outside_the_bundle_is_asked_for(
    script: str, folder: str | None, bundle: AppBundle
) -> None:
    with pytest.raises(FixError, match=r"Python is given the script .*main\.py"):
        origin(bundle, script, *MARKERS, working_directory=folder)


@pytest.mark.parametrize(
    ("folder", "kept", "noted"),
    [
        (None, None, False),
        ("/", None, False),
        ("/tmp", None, True),
        (f"{CONTENTS}/Resources", "Resources", False),
        (CONTENTS, ".", False),
    ],
)
def test_a_folder_in_the_bundle_is_kept_and_one_outside_noted(
    folder: str | None, kept: str | None, noted: bool, bundle: AppBundle
) -> None:
    found = origin(bundle, *MODULE, *MARKERS, working_directory=folder)
    assert found.working_directory == kept
    assert bool(found.notes) is noted


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"target": "/usr/bin/python3", "target_in_bundle": None}, "is not in the bundle"),
        ({"target_in_bundle": "Contents/MacOS/helper"}, "is not the bundle's Python"),
        ({"argv": ("python3.13", "-V")}, "cannot be read"),
        ({"argv": ("python3.13",)}, "cannot be read"),
    ],
)
def test_another_program_or_no_program_is_told(
    fields: dict[str, Any], reason: str, bundle: AppBundle
) -> None:
    (slice_, _) = runs_python(bundle.path, *MODULE, *MARKERS).slices
    rehearsal = told("exec", **{**{name: getattr(slice_, name) for name in FIELDS}, **fields})
    with pytest.raises(FixError, match=reason) as caught:
        origin_from_rehearsal(bundle, rehearsal)
    assert caught.value.mend


FIELDS = ("call", "target", "target_in_bundle", "argv")


def test_slices_that_do_different_things_are_asked_for(bundle: AppBundle) -> None:
    one = runs_python(bundle.path, *MODULE, *MARKERS).slices[0]
    other = runs_python(bundle.path, "-m", "other", *MARKERS).slices[1]
    with pytest.raises(FixError, match=r"slices do different things: arm64 .* x86_64"):
        origin_from_rehearsal(bundle, Rehearsal((one, other)))


@pytest.mark.parametrize("outcome", ["python", "exit", "unknown-call", "budget", "fault"])
def test_a_rehearsal_that_did_not_reach_another_python_is_told_with_its_reason(
    outcome: str, bundle: AppBundle
) -> None:
    with pytest.raises(FixError, match="did not reach Python: It was told so"):
        origin_from_rehearsal(bundle, told(outcome))


def test_the_interpreter_is_known_where_all_slices_start_the_same(bundle: AppBundle) -> None:
    assert interpreter_of(runs_python(bundle.path, *MODULE)) == INTERPRETER
    assert interpreter_of(None) is None
    different = told("exec", {"arch": "arm64", "target_in_bundle": "a"}, {"arch": "x86_64"})
    assert interpreter_of(different) is None


def test_a_real_rehearsal_keeps_the_folder_that_a_script_was_started_in(tmp_path: Path) -> None:
    bundle = AppBundle.open(make_bundle(tmp_path, "sh-script-file"))
    found = origin_from_rehearsal(bundle, rehearse(bundle, MARKERS))
    assert found.entry == Entry("script", "Resources/main.py")
    assert found.working_directory == "Resources"
