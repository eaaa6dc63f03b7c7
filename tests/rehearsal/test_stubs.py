"""Each kind of stub in tests/apps, rehearsed: what it would do, on both slices."""

import posixpath
from collections.abc import Mapping
from pathlib import Path

import pytest
from apps.bundles import make_bundle
from apps.kinds import STUBS, Stub

from plover_tray.rehearsal import Rehearsal, rehearse

USER = ("first user argument", "--second=2")


def guest(bundle: Path, text: str) -> str:
    """A path of the table as the guest sees it."""
    contents = f"/Applications/{bundle.name}/Contents"
    return text if text.startswith("/") else f"{contents}/{text}"


def placed(bundle: Path, text: str) -> str:
    return text.replace("%", f"/Applications/{bundle.name}/Contents")


@pytest.fixture(scope="module", params=sorted(STUBS))
def rehearsed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Stub, Path, Rehearsal]:
    bundle = make_bundle(tmp_path_factory.mktemp("app") / "An app.app", request.param)
    return STUBS[request.param], bundle, rehearse(bundle, USER)


def test_every_slice_ends_as_its_source_says(rehearsed: tuple[Stub, Path, Rehearsal]) -> None:
    stub, _, rehearsal = rehearsed
    assert [slice_.arch for slice_ in rehearsal.slices] == ["x86_64", "arm64"]
    assert {str(slice_.outcome) for slice_ in rehearsal.slices} == {stub.outcome}
    for slice_ in rehearsal.slices:
        assert not stub.call or slice_.call == stub.call


def test_the_target_and_its_arguments_are_named(
    rehearsed: tuple[Stub, Path, Rehearsal],
) -> None:
    stub, bundle, rehearsal = rehearsed
    if stub.outcome not in ("exec", "spawn", "python"):
        assert {slice_.target for slice_ in rehearsal.slices} == {None}
        return
    expected = [placed(bundle, word) for word in stub.arguments]
    expected += USER if stub.forwards else ()
    for slice_ in rehearsal.slices:
        if stub.outcome != "python" and stub.source != "slices_disagree.c":
            assert slice_.target is not None
            assert posixpath.normpath(slice_.target) == guest(bundle, stub.target)
        if stub.source != "slices_disagree.c":
            assert list(slice_.argv[1:]) == expected


def test_the_changes_of_the_environment_are_named(
    rehearsed: tuple[Stub, Path, Rehearsal],
) -> None:
    stub, bundle, rehearsal = rehearsed
    expected: Mapping[str, str | None] = {
        name: placed(bundle, value) if value is not None else None
        for name, value in stub.environment.items()
    }
    if stub.source == "execle.c":
        return  # gives a whole environment, so that all else is gone
    for slice_ in rehearsal.slices:
        assert dict(slice_.environment) == dict(expected)
