"""A plan says what the bundle is, what will be done to it and what cannot be kept."""

import json
from pathlib import Path

import pytest
from apps.bundles import HOME, make_bundle, read_info
from rules.checking import hosted, runs_python, told

import plover_tray
from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.bundle.entry import Entry
from plover_tray.errors import FixError
from plover_tray.fixing.origin import MARKERS
from plover_tray.fixing.plan import FixPlan, plan_fix
from plover_tray.fixing.result import FixResult
from plover_tray.fixing.steps import EditInfo, InstallBoot, InstallLauncher, Move, Remove
from plover_tray.rehearsal import Outcome, rehearse
from plover_tray.report import fix_json

WORDS = ("-m", "hello_tray", *MARKERS)


def planned(path: Path, outcome: str = "exec") -> FixPlan:
    """The plan for a bundle that is told to start its Python so."""
    return plan_fix(AppBundle.open(path), runs_python(path, *WORDS, outcome=outcome))


def test_the_plan_for_an_exec_stub_puts_in_launcher_interpreter_and_boot_module(
    tmp_path: Path,
) -> None:
    plan = planned(make_bundle(tmp_path))
    assert [(type(step), step.path) for step in plan.steps] == [
        (InstallLauncher, "Contents/MacOS/Hello Tray"),
        (InstallLauncher, "Contents/MacOS/python3.13"),
        (InstallBoot, "Contents/Resources/plover-tray"),
        (EditInfo, "Contents/Info.plist"),
        (Remove, f"Contents/{HOME}/bin/Info.plist"),
    ]
    assert not plan.nothing_to_do


def test_the_configuration_tells_the_launcher_what_the_old_process_was(tmp_path: Path) -> None:
    config = planned(make_bundle(tmp_path)).config
    assert config is not None
    assert (config.library, config.home) == (f"{HOME}/Python", HOME)
    assert (config.version, config.interpreter) == ("3.13", "MacOS/python3.13")
    assert config.entry == Entry("module", "hello_tray")


@pytest.mark.parametrize(
    ("kind", "outcome", "words"),
    [
        ("plover-5.2", "exec", "replaces itself with Python"),
        ("plover-5.2", "spawn", "as a child process"),
        ("sh", "exec", "is a script"),
        ("symlink", "exec", "is a symlink to ../Frameworks"),
    ],
)
def test_the_state_says_what_the_main_executable_was(
    kind: str, outcome: str, words: str, tmp_path: Path
) -> None:
    assert words in planned(make_bundle(tmp_path, kind), outcome).state


def test_a_launcher_that_hosts_python_is_left_but_by_force(tmp_path: Path) -> None:
    path = make_bundle(tmp_path)
    bundle, rehearsal = AppBundle.open(path), hosted(path, *WORDS)
    plan = plan_fix(bundle, rehearsal)
    assert plan.nothing_to_do
    assert plan.config is None
    assert "--force" in plan.notes[0]
    entry = Entry("module", "hello_tray")
    assert plan_fix(bundle, rehearsal, entry=entry, force=True).steps


def test_what_was_not_rehearsed_needs_an_entry(tmp_path: Path) -> None:
    bundle = AppBundle.open(make_bundle(tmp_path))
    with pytest.raises(FixError, match="cannot be rehearsed") as caught:
        plan_fix(bundle, None)
    assert "--entry" in caught.value.mend
    plan = plan_fix(bundle, None, entry=Entry("module", "hello_tray"))
    assert plan.state == "The main executable is replaced as asked."


def test_an_entry_that_is_given_overrides_what_was_rehearsed(tmp_path: Path) -> None:
    path = make_bundle(tmp_path)
    entry = Entry("function", "hello_tray.__main__:main")
    plan = plan_fix(AppBundle.open(path), runs_python(path, *WORDS), entry=entry)
    assert plan.config is not None
    assert plan.config.entry == entry


def test_a_script_in_the_launchers_place_moves_to_the_resources(tmp_path: Path) -> None:
    path = make_bundle(tmp_path, "sh", executable="app")
    script = f"/Applications/{path.name}/Contents/MacOS/app"
    plan = plan_fix(AppBundle.open(path), runs_python(path, script, *MARKERS))
    move = plan.steps[0]
    assert isinstance(move, Move)
    assert (move.path, move.to) == ("Contents/MacOS/app", "Contents/Resources/app.py")
    assert plan.config is not None
    assert plan.config.entry == Entry("script", "Resources/app.py")


def test_a_script_does_not_move_onto_another_file(tmp_path: Path) -> None:
    path = make_bundle(tmp_path, "sh", executable="main")
    script = f"/Applications/{path.name}/Contents/MacOS/main"
    with pytest.raises(FixError, match=r"Contents/Resources/main\.py is there already"):
        plan_fix(AppBundle.open(path), runs_python(path, script, *MARKERS))


def test_the_launcher_has_the_architectures_that_app_and_python_share(tmp_path: Path) -> None:
    path = make_bundle(tmp_path / "one", runtime_archs=("arm64",), minos="12.3", sdk="13.1")
    step = planned(path).steps[0]
    assert isinstance(step, InstallLauncher)
    assert step.slices == {"arm64": ((12, 3, 0), (13, 1, 0))}
    other = make_bundle(tmp_path / "other", archs=("x86_64",), runtime_archs=("arm64",))
    with pytest.raises(FixError, match="no architecture in common") as caught:
        planned(other)
    assert caught.value.mend


def test_info_plist_is_changed_in_its_name_and_oldest_system_only_where_it_must(
    tmp_path: Path,
) -> None:
    path = make_bundle(
        tmp_path,
        executable="App",
        executable_value="MacOS/App",
        minos="13.0",
        info={"LSMinimumSystemVersion": "11.0"},
    )
    values = [dict(step.values) for step in planned(path).steps if isinstance(step, EditInfo)]
    assert values[1:] == [{"CFBundleExecutable": "App"}, {"LSMinimumSystemVersion": "13.0"}]
    assert read_info(path)["CFBundleExecutable"] == "MacOS/App"


def test_the_interpreters_info_plist_stays_if_it_is_not_the_apps(tmp_path: Path) -> None:
    path = make_bundle(tmp_path)
    lent = path / "Contents" / HOME / "bin/Info.plist"
    for data in (b"no plist", b"<plist><dict/></plist>"):
        lent.write_bytes(data)
        assert not [step for step in planned(path).steps if isinstance(step, Remove)]


def test_an_sdk_that_appkit_will_see_instead_of_the_interpreters_is_noted(tmp_path: Path) -> None:
    notes = planned(make_bundle(tmp_path, sdk="12.1")).notes
    assert any("SDK 12.1, the old main executable's" in note for note in notes)


def test_a_fixed_bundle_has_nothing_to_do_until_another_entry_is_given(tmp_path: Path) -> None:
    path = make_bundle(tmp_path)
    plover_tray.fix(path, in_place=True, backup=False)
    bundle = AppBundle.open(path)
    assert plan_fix(bundle, None).nothing_to_do
    plan = plan_fix(bundle, None, entry=Entry("script", "Resources/main.py"))
    assert [type(step) for step in plan.steps] == [EditInfo]
    with pytest.raises(FixError, match="--entry names"):
        plan_fix(bundle, None, entry=Entry("module", "nowhere"))


def test_the_plan_of_a_real_rehearsal_is_that_of_one_that_is_told(tmp_path: Path) -> None:
    bundle = AppBundle.open(make_bundle(tmp_path))
    plan = plan_fix(bundle, rehearse(bundle, MARKERS))
    assert [s.path for s in plan.steps] == [s.path for s in planned(bundle.path).steps]


def test_a_plan_is_told_as_json(tmp_path: Path) -> None:
    plan = planned(make_bundle(tmp_path))
    document = json.loads(json.dumps(fix_json.document(FixResult(plan, None))))
    assert document["schema"] == 1
    assert document["nothing_to_do"] is False
    assert document["entry"] == "-m hello_tray"
    assert [step["path"] for step in document["steps"]] == [step.path for step in plan.steps]
    assert all(step["what"] and step["why"] for step in document["steps"])


def test_a_rehearsal_that_ends_otherwise_makes_no_plan(tmp_path: Path) -> None:
    bundle = AppBundle.open(make_bundle(tmp_path))
    for outcome in set(Outcome) - {Outcome.EXEC, Outcome.SPAWN, Outcome.PYTHON}:
        with pytest.raises(FixError, match="did not reach Python"):
            plan_fix(bundle, told(outcome))
