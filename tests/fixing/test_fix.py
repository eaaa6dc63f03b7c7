"""A bundle whose executable starts Python elsewhere becomes one that hosts it."""

import os
import plistlib
import stat
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import lief
import pytest
from apps.broken import BROKEN
from apps.bundles import make_bundle, read_info
from apps.kinds import PYTHON, SCRIPTS, STUBS

import plover_tray
from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.bundle.entry import Entry
from plover_tray.errors import FixError, OutputExistsError
from plover_tray.fixing.steps import InstallBoot
from plover_tray.macho.file import read_macho
from plover_tray.payload.parts import boot_files
from plover_tray.signature.verification import ProblemKind
from plover_tray.signature.verify import verify

OWN = "{}.{}".format(*sys.version_info[:2])
OTHER = "3.13" if OWN != "3.13" else "3.12"
HOSTED = "Frameworks/Python.framework/Versions/3.13"


def fixed(bundle: Path, tmp_path: Path, **options: object) -> AppBundle:
    """The bundle after `fix -o`, opened."""
    out = tmp_path / "out" / bundle.name
    out.parent.mkdir(exist_ok=True)
    plover_tray.fix(bundle, out, **options)  # type: ignore[arg-type]
    return AppBundle.open(out)


def snapshot(root: Path) -> dict[str, tuple[object, ...]]:
    """Everything below `root`: modes, contents, link targets, times."""
    found: dict[str, tuple[object, ...]] = {}
    for here, folders, files in os.walk(root):
        for name in [*folders, *files]:
            path = Path(here, name)
            status = path.lstat()
            mode = status.st_mode
            if stat.S_ISLNK(mode):
                what: object = os.readlink(path)
            else:
                what = path.read_bytes() if stat.S_ISREG(mode) else "folder"
            found[str(path.relative_to(root))] = (stat.S_IMODE(mode), what)
    return found


FOLLOWED = {
    kind: stub
    for kind, stub in STUBS.items()
    if stub.outcome in ("exec", "spawn")
    and stub.forwards
    and kind not in ("exec-helper", "exec-outside", "slices-disagree")
}


@pytest.mark.parametrize("kind", sorted(FOLLOWED))
def test_what_the_stub_ran_is_what_the_launcher_runs(kind: str, tmp_path: Path) -> None:
    stub = FOLLOWED[kind]
    config = fixed(make_bundle(tmp_path, kind), tmp_path).config
    assert config is not None
    words = [word.replace("%/", "") for word in stub.arguments]
    entry = config.entry
    target = ["-m", entry.target] if entry.kind == "module" else [entry.target]
    assert [*entry.flags, *target, *entry.arguments] == words
    kept = {
        name: value.replace("%", "${CONTENTS}")
        for name, value in stub.environment.items()
        if value is not None
    }
    assert dict(config.environment) == kept


@pytest.mark.parametrize("kind", ["sh", "sh-environment", "sh-child"])
def test_a_shell_script_is_read_without_being_run(kind: str, tmp_path: Path) -> None:
    config = fixed(make_bundle(tmp_path, kind), tmp_path).config
    assert config is not None
    assert config.entry.kind == "module"
    assert config.entry.target == "hello_tray"


def test_a_script_that_changes_folder_keeps_doing_so(tmp_path: Path) -> None:
    config = fixed(make_bundle(tmp_path, "sh-script-file"), tmp_path).config
    assert config is not None
    assert config.entry == Entry("script", "Resources/main.py")
    assert config.working_directory == "Resources"


def test_the_fixed_bundle_passes_check_and_is_rehearsed_into_python(tmp_path: Path) -> None:
    bundle = fixed(make_bundle(tmp_path), tmp_path)
    result = plover_tray.check(bundle.path)
    assert [f for f in result.findings if f.severity == "error"] == []
    rehearsal = plover_tray.rehearse(bundle.path, ["-s", "NAME", "--", "é x"])
    assert [s.arch for s in rehearsal.slices] == ["x86_64", "arm64"]
    for slice_ in rehearsal.slices:
        assert slice_.outcome == "python"
        assert list(slice_.argv)[-6:] == ["-m", "hello_tray", "-s", "NAME", "--", "é x"]


def test_identity_icon_and_everything_else_stay(tmp_path: Path) -> None:
    original = make_bundle(tmp_path, name="Café Trày\nTwo")
    before = snapshot(original)
    old_info = read_info(original)
    bundle = fixed(original, tmp_path, seal=False)
    assert snapshot(original) == before
    after = snapshot(bundle.path)
    changed = {path for path in before if after.get(path) != before[path]}
    lent = f"Contents/{HOSTED}/bin/Info.plist"
    assert changed == {"Contents/Info.plist", bundle.executable, lent}
    new_info = read_info(bundle.path)
    assert {k: v for k, v in new_info.items() if k != "PloverTray"} == old_info
    assert list(new_info)[:-1] == list(old_info)


def test_a_binary_info_plist_stays_binary(tmp_path: Path) -> None:
    bundle = fixed(make_bundle(tmp_path, info_format="binary"), tmp_path)
    assert (bundle.path / "Contents/Info.plist").read_bytes().startswith(b"bplist00")


def test_minimum_system_and_sdk_of_the_old_executable_are_kept(tmp_path: Path) -> None:
    bundle = fixed(make_bundle(tmp_path, minos="12.3", sdk="13.1"), tmp_path)
    for name in (bundle.executable, "Contents/MacOS/python3.13"):
        fat = lief.MachO.parse(str(bundle.path / str(name)))
        assert fat is not None
        versions = [(b.build_version.minos, b.build_version.sdk) for b in fat if b.build_version]
        assert versions == [([12, 3, 0], [13, 1, 0])] * 2


def test_a_stub_for_one_architecture_becomes_a_launcher_for_it(tmp_path: Path) -> None:
    bundle = fixed(make_bundle(tmp_path, archs=("arm64",)), tmp_path)
    assert bundle.main is not None
    assert bundle.main.macho is not None
    assert bundle.main.macho.archs == ("arm64",)


def test_every_slice_of_the_launchers_is_signed_with_the_apps_identifier(tmp_path: Path) -> None:
    bundle = fixed(make_bundle(tmp_path), tmp_path)
    names = {
        str(bundle.executable): b"org.example.hello-tray\0",
        "Contents/MacOS/python3.13": b"org.example.hello-tray.python\0",
    }
    for name, identifier in names.items():
        data = (bundle.path / name).read_bytes()
        for slice_ in read_macho(bundle.path / name).slices:
            signature = slice_.code_signature
            assert signature is not None
            start = slice_.offset + signature.offset
            assert identifier in data[start : start + signature.size]


def test_the_result_is_sealed(tmp_path: Path) -> None:
    bundle = fixed(make_bundle(tmp_path), tmp_path)
    assert plover_tray.verify(bundle.path).problems == ()


def test_without_a_seal_only_what_was_written_is_signed_so_that_it_runs(tmp_path: Path) -> None:
    original = make_bundle(tmp_path)
    bundle = fixed(original, tmp_path, seal=False)
    worst, *_ = plover_tray.verify(bundle.path).problems
    assert (worst.path, worst.kind) == ("", ProblemKind.NO_SEAL)
    for name in (str(bundle.executable), "Contents/MacOS/python3.13"):
        result = plover_tray.verify(bundle.path / name)
        assert result.problems == ()
        assert [(item.signed, item.adhoc) for item in result.objects] == [(True, True)]
    library = f"Contents/{HOSTED}/Python"
    assert (bundle.path / library).read_bytes() == (original / library).read_bytes()


def test_fixing_a_fixed_bundle_changes_nothing_and_says_so(tmp_path: Path) -> None:
    bundle = fixed(make_bundle(tmp_path), tmp_path)
    before = snapshot(bundle.path)
    result = plover_tray.fix(bundle.path, in_place=True)
    assert result.plan.nothing_to_do
    assert result.committed is None
    assert "already" in result.plan.state
    assert snapshot(bundle.path) == before
    assert [path.name for path in bundle.path.parent.iterdir()] == [bundle.path.name]


def test_in_place_keeps_the_old_bundle_beside_the_new(tmp_path: Path) -> None:
    original = make_bundle(tmp_path)
    before = snapshot(original)
    result = plover_tray.fix(original, in_place=True)
    assert result.committed is not None
    assert result.committed.output == original
    assert result.committed.backup is not None
    assert snapshot(result.committed.backup) == before
    assert AppBundle.open(original).config is not None


def test_in_place_without_backup_leaves_one_bundle(tmp_path: Path) -> None:
    original = make_bundle(tmp_path)
    plover_tray.fix(original, in_place=True, backup=False)
    assert [path.name for path in tmp_path.iterdir()] == [original.name]
    assert AppBundle.open(original).config is not None


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    original = make_bundle(tmp_path)
    before = snapshot(tmp_path)
    result = plover_tray.fix(original, dry_run=True)
    assert result.plan.steps
    assert snapshot(tmp_path) == before


def test_an_output_that_exists_is_refused(tmp_path: Path) -> None:
    original = make_bundle(tmp_path)
    (tmp_path / "out").mkdir()
    with pytest.raises(OutputExistsError, match="exists already"):
        plover_tray.fix(original, tmp_path / "out")


def test_an_executable_named_with_its_folder_is_mended(tmp_path: Path) -> None:
    original = make_bundle(tmp_path, executable="Plover", executable_value="MacOS/Plover")
    bundle = fixed(original, tmp_path)
    assert read_info(bundle.path)["CFBundleExecutable"] == "Plover"


def test_the_minimum_system_is_raised_to_what_the_binaries_need(tmp_path: Path) -> None:
    original = make_bundle(tmp_path, minos="13.4", info={"LSMinimumSystemVersion": "10.15"})
    bundle = fixed(original, tmp_path)
    assert read_info(bundle.path)["LSMinimumSystemVersion"] == "13.4"


def test_the_info_plist_that_lent_the_interpreter_its_identity_goes(tmp_path: Path) -> None:
    original = make_bundle(tmp_path)
    lent = original / "Contents" / HOSTED / "bin" / "Info.plist"
    lent.write_bytes(plistlib.dumps({"CFBundleIdentifier": "org.example.hello-tray"}))
    bundle = fixed(original, tmp_path)
    assert not (bundle.path / lent.relative_to(original)).exists()


def test_a_symlink_to_the_interpreter_needs_to_be_told_what_runs(tmp_path: Path) -> None:
    original = make_bundle(tmp_path, "symlink")
    with pytest.raises(FixError, match="--entry"):
        plover_tray.fix(original, tmp_path / "out.app")
    config = fixed(original, tmp_path, entry="-s -m hello_tray").config
    assert config is not None
    assert config.entry == Entry("module", "hello_tray", ("-s",))


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("unknown-call", "sysctlbyname"),
        ("slices-disagree", "different things"),
        ("exec-outside", "not in the bundle"),
        ("exec-helper", "not the bundle's Python"),
        ("loops", "did not reach Python"),
        ("missing", "is missing"),
    ],
)
def test_what_cannot_be_told_for_certain_is_asked_for(
    kind: str, reason: str, tmp_path: Path
) -> None:
    original = make_bundle(tmp_path, kind)
    before = snapshot(tmp_path)
    with pytest.raises(FixError, match=reason) as caught:
        plover_tray.fix(original, tmp_path / "out.app")
    assert caught.value.mend
    assert snapshot(tmp_path) == before


def test_an_entry_that_is_given_needs_no_rehearsal_to_end_in_python(tmp_path: Path) -> None:
    original = make_bundle(tmp_path, "unknown-call")
    config = fixed(original, tmp_path, entry="hello_tray.__main__:main").config
    assert config is not None
    assert config.entry == Entry("function", "hello_tray.__main__:main")


@pytest.mark.parametrize("missing", ["no-runtime", "runtime-without-library"])
def test_where_there_is_no_python_to_host_no_entry_is_asked_for(
    missing: str, tmp_path: Path
) -> None:
    with pytest.raises(FixError, match="no libpython") as caught:
        plover_tray.fix(BROKEN[missing](tmp_path), tmp_path / "out.app", force=True)
    assert "--entry" not in str(caught.value)


@pytest.mark.parametrize("identifier", ["org.example.hello_tray", "Hello Tray", "org.ünî.app"])
def test_an_odd_identifier_is_kept_with_a_note(identifier: str, tmp_path: Path) -> None:
    original = make_bundle(tmp_path, identifier=identifier)
    (note,) = (n for n in plover_tray.fix(original, dry_run=True).plan.notes if "kept" in n)
    assert identifier in note
    bundle = fixed(original, tmp_path)
    assert bundle.identifier == identifier
    assert verify(bundle.path).ok


@pytest.mark.parametrize("identifier", [None, "", "a\nb", "x" * 256])
def test_an_identifier_that_is_none_is_refused(identifier: str | None, tmp_path: Path) -> None:
    with pytest.raises(FixError, match="CFBundleIdentifier"):
        plover_tray.fix(make_bundle(tmp_path, identifier=identifier), tmp_path / "out.app")


NOT_THERE = ["-m nosuchmodule", "-m hello_tray.nosuch", "nosuch:main", "nosuch.py", "../main.py"]


@pytest.mark.parametrize("entry", NOT_THERE)
def test_an_entry_that_is_not_in_the_bundle_is_refused(entry: str, tmp_path: Path) -> None:
    original = make_bundle(tmp_path)
    before = snapshot(tmp_path)
    with pytest.raises(FixError, match="--entry names") as caught:
        plover_tray.fix(original, tmp_path / "out.app", entry=entry)
    assert caught.value.mend
    assert snapshot(tmp_path) == before


def test_a_fixed_bundle_is_not_told_to_run_what_it_lacks_either(tmp_path: Path) -> None:
    bundle = fixed(make_bundle(tmp_path), tmp_path)
    with pytest.raises(FixError, match="no such module"):
        plover_tray.fix(bundle.path, in_place=True, entry="-m nosuchmodule")


def _as_archive(home: Path) -> None:
    with zipfile.ZipFile(home / "lib/python313.zip", "w") as archive:
        archive.writestr("packed/__main__.py", "")


def _as_namespace(home: Path) -> None:
    folder = home / "lib/python3.13/site-packages/packed"
    folder.mkdir()
    (folder / "__main__.py").write_text("")


def _as_extension(home: Path) -> None:
    (home / "lib/python3.13/lib-dynload/packed.cpython-313-darwin.so").write_bytes(b"")


def _by_pth(home: Path) -> None:
    site = home / "lib/python3.13/site-packages"
    (site / "more.pth").write_text("../more\n")
    (site / "../more").mkdir()
    (site / "../more/packed.py").write_text("")


def _behind_a_link(home: Path) -> None:
    (home / "packed.d").mkdir()
    (home / "packed.d/__main__.py").write_text("")
    (home / "lib/python3.13/site-packages/packed").symlink_to("../../../packed.d")


def _in_an_archive_that_cannot_be_read(home: Path) -> None:
    (home / "lib/python313.zip").write_bytes(b"no archive that is known here")


@pytest.mark.parametrize(
    "put",
    [
        _as_archive,
        _as_namespace,
        _as_extension,
        _by_pth,
        _behind_a_link,
        _in_an_archive_that_cannot_be_read,
    ],
)
def test_an_entry_is_found_in_whatever_form_python_finds_it(
    put: Callable[[Path], None], tmp_path: Path
) -> None:
    original = make_bundle(tmp_path)
    put(original / "Contents" / HOSTED)
    bundle = fixed(original, tmp_path, entry="-m packed")
    assert "PY104" not in {f.code for f in plover_tray.check(bundle.path).findings}


@pytest.mark.parametrize("kind", ["dlopen", "linked"])
def test_a_launcher_that_hosts_python_is_replaced_only_by_force(kind: str, tmp_path: Path) -> None:
    original = make_bundle(tmp_path, kind)
    result = plover_tray.fix(original, dry_run=True)
    assert result.plan.nothing_to_do
    config = fixed(original, tmp_path, entry="-m hello_tray", force=True).config
    assert config is not None


def test_a_bundle_without_python_says_what_to_put_in(tmp_path: Path) -> None:
    original = make_bundle(tmp_path, runtime=False)
    with pytest.raises(FixError):
        plover_tray.fix(original, tmp_path / "out.app")


def test_the_tables_of_kinds_have_not_run_dry() -> None:
    assert len(FOLLOWED) >= 12
    assert len(SCRIPTS) >= 5
    assert PYTHON.startswith("Frameworks/")


@pytest.mark.parametrize("kind", ["execvp", "exec-script-file"])
def test_paths_in_the_bundle_that_the_stub_gave_python_are_given_again(
    kind: str, tmp_path: Path
) -> None:
    original = make_bundle(tmp_path, kind)
    before = plover_tray.rehearse(original).slices[0]
    after = plover_tray.rehearse(fixed(original, tmp_path).path).slices[0]
    assert after.outcome == "python"
    kept = {name: value for name, value in after.environment.items() if value is not None}
    assert kept == dict(before.environment)
    assert list(after.argv)[-1] == list(before.argv)[-1]


@pytest.mark.parametrize("target", ["../../../out", "/tmp", "loop"])
def test_a_symlink_out_of_the_bundle_is_refused_and_nothing_written(
    target: str, tmp_path: Path
) -> None:
    original = make_bundle(tmp_path)
    (original / "Contents/Resources/loop").symlink_to(target)
    with pytest.raises(FixError, match="symlink"):
        plover_tray.fix(original, tmp_path / "out.app")
    assert [path.name for path in tmp_path.iterdir()] == [original.name]


def test_a_link_through_another_link_does_not_get_out(tmp_path: Path) -> None:
    original = make_bundle(tmp_path)
    (original / "Contents/Resources/up").symlink_to("../../..")
    (original / "Contents/Resources/out").symlink_to("up/outside")
    with pytest.raises(FixError, match="symlink"):
        plover_tray.fix(original, tmp_path / "out.app")


def compiled(bundle: AppBundle) -> dict[str, bytes]:
    """The boot module's bytecode in a bundle."""
    folder = bundle.path / "Contents/Resources/plover-tray/__pycache__"
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*"))}


def test_the_boot_module_is_compiled_where_this_tool_runs_on_the_apps_python(
    tmp_path: Path,
) -> None:
    bundle = fixed(make_bundle(tmp_path, python=OWN), tmp_path)
    names = {name.partition(".")[0] for name in compiled(bundle)}
    assert {f"{name}.py" for name in names} == set(boot_files()) - {"boot.py"}
    again = fixed(bundle.path, tmp_path / "out")
    assert compiled(again) == compiled(bundle)


def test_the_boot_module_is_not_compiled_by_another_python(tmp_path: Path) -> None:
    original = make_bundle(tmp_path, python=OTHER)
    out = tmp_path / "out.app"
    result = plover_tray.fix(original, out)
    step = next(step for step in result.plan.steps if isinstance(step, InstallBoot))
    assert f"--python with a Python {OTHER}" in step.what
    assert compiled(AppBundle.open(out)) == {}
    with pytest.raises(FixError, match=f"not a CPython {OTHER}"):
        plover_tray.fix(original, tmp_path / "second.app", python=sys.executable)
    assert not (tmp_path / "second.app").exists()


def test_a_python_that_the_user_names_compiles_also_a_fixed_bundles_boot_module(
    tmp_path: Path,
) -> None:
    bundle = fixed(make_bundle(tmp_path, python=OWN), tmp_path)
    wanted = compiled(bundle)
    folder = bundle.path / "Contents/Resources/plover-tray/__pycache__"
    (folder / next(iter(wanted))).unlink()
    (folder / "stale.cpython-39.pyc").write_bytes(b"of another version")
    assert plover_tray.fix(bundle.path, in_place=True).plan.nothing_to_do
    plover_tray.fix(bundle.path, in_place=True, backup=False, python=sys.executable)
    assert compiled(bundle) == wanted
