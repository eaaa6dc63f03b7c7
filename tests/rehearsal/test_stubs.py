"""Each kind of stub in tests/apps, rehearsed: what it would do, on both slices."""

import posixpath
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from apps.bundles import make_bundle
from apps.kinds import STUBS

from plover_tray.rehearsal import FIRST, Rehearsal, rehearse

USER = ("first user argument", "--second=2")
APP = "An app.app"
CONTENTS = f"/Applications/{APP}/Contents"

DISAGREE = {"slices-disagree"}
WHOLE_ENVIRONMENT = {"execle"}
"""Gives a whole environment, so that all else is gone."""
PROGRAMS = {kind for kind, stub in STUBS.items() if stub.outcome in ("exec", "spawn")}
PYTHONS = {kind for kind, stub in STUBS.items() if stub.outcome == "python"}
STARTS = PROGRAMS | PYTHONS


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Rehearsal]:
    """The rehearsal of a kind of stub, done once."""

    @cache
    def of(kind: str) -> Rehearsal:
        folder: Path = tmp_path_factory.mktemp("app")
        return rehearse(make_bundle(folder / APP, kind), USER)

    return of


Rehearsed = Callable[[str], Rehearsal]


def placed(text: str) -> str:
    """A text of the table, in the guest."""
    return text.replace("%", CONTENTS)


@pytest.mark.parametrize("kind", sorted(STUBS))
def test_every_slice_ends_as_its_source_says(kind: str, rehearsed: Rehearsed) -> None:
    stub, slices = STUBS[kind], rehearsed(kind).slices
    assert [slice_.arch for slice_ in slices] == ["x86_64", "arm64"]
    assert {str(slice_.outcome) for slice_ in slices} == {stub.outcome}


@pytest.mark.parametrize("kind", sorted(kind for kind in STUBS if STUBS[kind].call))
def test_the_call_that_ends_it_is_named(kind: str, rehearsed: Rehearsed) -> None:
    assert {slice_.call for slice_ in rehearsed(kind).slices} == {STUBS[kind].call}


@pytest.mark.parametrize("kind", sorted(PROGRAMS))
def test_the_program_that_is_started_is_named(kind: str, rehearsed: Rehearsed) -> None:
    target = STUBS[kind].target
    expected = target if target.startswith("/") else f"{CONTENTS}/{target}"
    for slice_ in rehearsed(kind).slices:
        assert slice_.target is not None
        assert posixpath.normpath(slice_.target) == expected


@pytest.mark.parametrize("kind", sorted(set(STUBS) - STARTS))
def test_what_starts_nothing_has_no_target(kind: str, rehearsed: Rehearsed) -> None:
    assert [(s.target, s.argv, s.started) for s in rehearsed(kind).slices] == [(None, (), ())] * 2


@pytest.mark.parametrize("kind", sorted(STARTS - DISAGREE))
def test_the_arguments_are_named_and_the_users_follow(kind: str, rehearsed: Rehearsed) -> None:
    stub = STUBS[kind]
    expected = [placed(word) for word in stub.arguments]
    expected += USER if stub.forwards else ()
    assert [list(slice_.argv[1:]) for slice_ in rehearsed(kind).slices] == [expected] * 2


@pytest.mark.parametrize("kind", sorted(DISAGREE))
def test_slices_that_disagree_are_told_apart(kind: str, rehearsed: Rehearsed) -> None:
    found = {slice_.arch: slice_.argv[1:] for slice_ in rehearsed(kind).slices}
    assert found == {
        "arm64": ("-m", "hello_tray", *USER),
        "x86_64": ("-m", "hello_tray_for_intel", *USER),
    }


@pytest.mark.parametrize("kind", sorted(set(STUBS) - WHOLE_ENVIRONMENT))
def test_the_changes_of_the_environment_are_named(kind: str, rehearsed: Rehearsed) -> None:
    given = STUBS[kind].environment.items()
    expected = {name: None if value is None else placed(value) for name, value in given}
    for slice_ in rehearsed(kind).slices:
        assert dict(slice_.environment) == expected


@pytest.mark.parametrize("kind", sorted(WHOLE_ENVIRONMENT))
def test_of_a_whole_new_environment_all_that_is_gone_is_named(
    kind: str, rehearsed: Rehearsed
) -> None:
    for slice_ in rehearsed(kind).slices:
        kept = {name: value for name, value in slice_.environment.items() if value is not None}
        assert kept == dict(STUBS[kind].environment)
        gone = slice_.environment.keys() - kept.keys()
        assert gone >= FIRST.environment().keys()
