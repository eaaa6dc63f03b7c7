"""Every kind of step can be carried out, and says where it works and why."""

from pathlib import Path

import pytest
from apps.broken import library_loading
from apps.bundles import HOME, make_bundle
from apps.compile import write_executable

import plover_tray
from plover_tray.fixing import steps
from plover_tray.fixing.apply import _do
from plover_tray.fixing.steps import (
    EditInfo,
    InstallBoot,
    InstallLauncher,
    Move,
    Remove,
    RenameLibraries,
    Step,
)

KINDS = [
    kind
    for kind in vars(steps).values()
    if isinstance(kind, type) and issubclass(kind, Step) and kind is not Step
]


def test_the_kinds_of_steps_are_known() -> None:
    assert set(KINDS) == {EditInfo, InstallBoot, InstallLauncher, Move, Remove, RenameLibraries}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_can_be_carried_out(kind: type[Step]) -> None:
    assert _do.dispatch(kind) is not _do.dispatch(Step)


def test_a_plan_with_every_change_tells_each_in_words_with_its_reason(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, executable="App", executable_value="MacOS/App", minos="13.0")
    library = library_loading("@executable_path/../lib/libhidapi.dylib")
    write_executable(bundle / "Contents/Frameworks/libhello.dylib", library)
    (bundle / "Contents" / HOME / "lib/libhidapi.dylib").touch()
    plan = plover_tray.fix(bundle, dry_run=True).plan
    kinds = {type(step) for step in plan.steps}
    assert kinds == {EditInfo, InstallBoot, InstallLauncher, Remove, RenameLibraries}
    for step in plan.steps:
        assert step.path.startswith("Contents/")
        assert step.what.isprintable()
        assert step.what[0].isupper()
        assert step.why.endswith(".")
