"""ID: entry modules that start Python again, in source, bytecode and archives."""

import py_compile
import shutil
import zipfile
from pathlib import Path

import pytest
from apps.broken import sound
from apps.bundles import HELLO_AGAIN, HELLO_TRAY, HOME, SITE_PACKAGES, make_bundle

from plover_tray import rules
from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.findings import Severity
from rules.checking import (
    check,
    codes,
    errors,
    hosted,
    only,
    rehearsed,
    runs_python,
    with_our_configuration,
)


def again(tmp_path: Path, source: str, *, module: str = "hello_tray/__main__.py") -> Path:
    """A sound bundle whose entry module is this source."""
    return sound(tmp_path, app={"hello_tray/__init__.py": "", module: source})


REEXEC = "import os, sys\ndef main():\n    os.execv(sys.executable, [sys.executable])\nmain()\n"


def test_an_entry_module_that_execs_python_is_found_by_its_line(tmp_path: Path) -> None:
    finding = only(rehearsed(sound(tmp_path, app=HELLO_AGAIN)), "ID105")
    assert finding.severity is Severity.ERROR
    assert finding.path == f"Contents/{SITE_PACKAGES}/hello_tray/__main__.py"
    assert "os.execv in main" in str(finding.evidence)
    assert "line 9" in str(finding.evidence)


def test_an_entry_module_that_does_not_is_not(tmp_path: Path) -> None:
    assert "ID105" not in codes(check(sound(tmp_path, app=HELLO_TRAY)))


def test_plovers_real_dist_main_is_found(plover_app: Path) -> None:
    found = rehearsed(plover_app)
    assert only(found, "ID101").severity is Severity.ERROR
    finding = only(found, "ID105")
    assert finding.severity is Severity.ERROR
    assert finding.path.endswith("site-packages/plover/scripts/dist_main.py")
    assert "os.execv in main" in str(finding.evidence)


@pytest.mark.parametrize(
    "source",
    [
        REEXEC,
        "import os, sys\nos.execl(sys.executable, sys.executable, *sys.argv)\n",
        "from os import execvp\nexecvp('python3', ['python3', '-m', 'x'])\n",
        "import os, sys\nos.execve(sys._base_executable, sys.orig_argv, os.environ)\n",
        "import os, sys\nclass App:\n  def restart(self):\n    os.execv(sys.executable, [])\n",
        "import os as o, sys as s\nasync def f():\n    o.execv(s.executable, s.argv)\n",
        "import sys, os\nif sys.platform == 'darwin':\n    os.execv(sys.executable, [])\n",
        "import sys, os\nif os.name != 'nt':\n    os.execv(sys.executable, [])\n",
        "import sys, os\nif sys.platform == 'win32':\n  1\nelse:\n  os.execv(sys.executable, [])\n",
    ],
)
def test_ways_to_start_python_again_are_found(source: str, tmp_path: Path) -> None:
    assert "ID105" in errors(check(again(tmp_path, source)))


@pytest.mark.parametrize(
    "source",
    [
        "import os, subprocess, sys\nsubprocess.run([sys.executable, '-m', 'pip'])\n",
        "import os\ndef show(path):\n    os.execv('/usr/bin/open', ['open', path])\n",
        "import os, sys\nif sys.platform == 'win32':\n    os.execv(sys.executable, [])\n",
        "import os, sys\nif sys.platform.startswith('linux') and A:\n  os.execl(sys.executable)\n",
        "import os, sys, platform\nif platform.system() == 'Linux':\n  os.execl(sys.executable)\n",
        "'''Calls os.execv(sys.executable, args), or would.'''\n# os.execv(sys.executable)\n",
        "import sys\nprint(sys.executable)\nclass Runner:\n    def execv(self): ...\n",
    ],
)
def test_what_does_not_start_python_again_on_a_mac_passes(source: str, tmp_path: Path) -> None:
    assert codes(check(again(tmp_path, source), select=["ID105"])) == []


def test_a_function_fetched_from_another_module_is_followed(tmp_path: Path) -> None:
    bundle = sound(
        tmp_path,
        app={
            "hello_tray/__init__.py": "",
            "hello_tray/__main__.py": "from .cli import main\nmain()\n",
            "hello_tray/cli.py": REEXEC,
        },
    )
    assert only(check(bundle), "ID105").path.endswith("hello_tray/cli.py")


def test_other_functions_of_that_module_do_not_count(tmp_path: Path) -> None:
    bundle = sound(
        tmp_path,
        app={
            "hello_tray/__init__.py": "",
            "hello_tray/__main__.py": "from hello_tray.cli import version\nversion()\n",
            "hello_tray/cli.py": REEXEC + "def version(): ...\n",
        },
    )
    assert "ID105" not in codes(check(bundle))


def compiled(bundle: Path, *, keep_source: bool = False) -> None:
    """Compile hello_tray in place, as a trimmed release has it."""
    for source in (bundle / "Contents" / SITE_PACKAGES / "hello_tray").glob("*.py"):
        py_compile.compile(str(source), cfile=str(source.with_suffix(".pyc")), doraise=True)
        if not keep_source:
            source.unlink()


def test_bytecode_without_source_is_read(tmp_path: Path) -> None:
    bundle = sound(tmp_path, app=HELLO_AGAIN)
    compiled(bundle)
    finding = only(check(bundle), "ID105")
    assert finding.severity is Severity.ERROR
    assert finding.path.endswith("hello_tray/__main__.pyc")
    assert "bytecode" in str(finding.evidence)


def test_a_function_fetched_from_another_module_is_followed_in_bytecode(tmp_path: Path) -> None:
    bundle = sound(
        tmp_path,
        app={
            "hello_tray/__init__.py": "",
            "hello_tray/__main__.py": "from .cli import main\nmain()\n",
            "hello_tray/cli.py": REEXEC,
        },
    )
    compiled(bundle)
    assert only(check(bundle), "ID105").path.endswith("hello_tray/cli.pyc")


def test_bytecode_that_asks_for_another_system_is_a_warning(tmp_path: Path) -> None:
    source = (
        "import os, sys\ndef main():\n    if sys.platform == 'linux':\n"
        "        os.execv(sys.executable, [])\n"
    )
    bundle = again(tmp_path, source)
    compiled(bundle)
    assert only(check(bundle), "ID105").severity is Severity.WARNING


def test_a_cache_without_its_source_is_not_what_python_imports(tmp_path: Path) -> None:
    bundle = sound(tmp_path, app=HELLO_AGAIN)
    package = bundle / "Contents" / SITE_PACKAGES / "hello_tray"
    cached = package / "__pycache__/__main__.cpython-313.pyc"
    py_compile.compile(str(package / "__main__.py"), cfile=str(cached), doraise=True)
    (package / "__main__.py").unlink()
    found = check(bundle)
    assert "ID105" not in codes(found)
    assert only(found, "ID107").severity is Severity.NOTE


def test_a_module_in_the_librarys_archive_is_read(tmp_path: Path) -> None:
    bundle = sound(tmp_path, app={})
    archive = bundle / "Contents" / HOME / "lib" / "python313.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for path, text in HELLO_AGAIN.items():
            opened.writestr(path, text)
    finding = only(check(bundle), "ID105")
    assert finding.path.endswith("lib/python313.zip/hello_tray/__main__.py")


@pytest.mark.parametrize("damage", ["truncated", "no-archive", "huge-directory"])
def test_a_damaged_archive_is_passed_over(damage: str, tmp_path: Path) -> None:
    bundle = sound(tmp_path, app=HELLO_AGAIN)
    archive = bundle / "Contents" / HOME / "lib" / "python313.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("hello_tray/__main__.py", "")
    data = archive.read_bytes()
    if damage == "truncated":
        archive.write_bytes(data[:-30])
    elif damage == "no-archive":
        archive.write_bytes(b"no archive at all")
    else:
        archive.write_bytes(data[:-10] + b"\xff\xff\xff\x7f" + data[-6:])
    assert "ID105" in errors(check(bundle))


def test_a_script_given_to_python_is_read(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, "exec-script-file")
    (bundle / "Contents/Resources/main.py").write_text(REEXEC)
    assert only(rehearsed(bundle), "ID105").path == "Contents/Resources/main.py"


def test_code_on_the_command_line_is_read_and_followed(exec_stub: Path, tmp_path: Path) -> None:
    rehearsal = runs_python(exec_stub, "-c", "import os, sys; os.execv(sys.executable, [])")
    assert only(check(exec_stub, rehearsal), "ID105").path == ""
    bundle = sound(tmp_path, app={"cli.py": REEXEC})
    rehearsal = runs_python(bundle, "-c", "from cli import main; main()")
    assert only(check(bundle, rehearsal), "ID105").path.endswith("cli.py")


def test_a_package_without_main_or_a_module_elsewhere_is_said_not_to_be_read(
    exec_stub: Path,
) -> None:
    for module in ("nowhere", "json"):
        found = check(exec_stub, runs_python(exec_stub, "-m", module))
        assert module in only(found, "ID107").message


def test_a_module_in_a_folder_that_the_stub_names_is_found(exec_stub: Path, tmp_path: Path) -> None:
    bundle = sound(tmp_path, app={})
    folder = bundle / "Contents/Resources/app"
    folder.mkdir()
    (folder / "elsewhere.py").write_text(REEXEC)
    guest = f"/Applications/{bundle.name}/Contents/Resources/app"
    for more in ({"environment": {"PYTHONPATH": guest}}, {"working_directory": guest}):
        rehearsal = runs_python(bundle, "-m", "elsewhere", **more)
        assert only(check(bundle, rehearsal), "ID105").path.endswith("app/elsewhere.py")


def test_a_module_in_a_folder_that_a_pth_file_names_is_found(tmp_path: Path) -> None:
    bundle = sound(
        tmp_path, app={"app.pth": "../extra\nimport os\n/etc\n../../../../../../../..\n"}
    )
    folder = bundle / "Contents" / SITE_PACKAGES / "../extra"
    folder.mkdir()
    (folder / "elsewhere.py").write_text(REEXEC)
    rehearsal = runs_python(bundle, "-m", "elsewhere")
    assert only(check(bundle, rehearsal), "ID105").path.endswith(
        "lib/python3.13/extra/elsewhere.py"
    )


def test_source_that_the_hosts_python_cannot_parse_is_said_so(tmp_path: Path) -> None:
    for number, source in enumerate(["def (:\n", "x = " + "(" * 5000, "x = '\0'"]):
        finding = only(check(again(tmp_path / str(number), source)), "ID107")
        assert finding.severity is Severity.NOTE


def test_an_entry_compiled_to_machine_code_is_said_so(tmp_path: Path) -> None:
    bundle = sound(tmp_path)
    package = bundle / "Contents" / SITE_PACKAGES
    module = next((bundle / "Contents" / HOME).glob("lib/*/lib-dynload/_struct.*.so"))
    shutil.copy(module, package / "native.cpython-313-darwin.so")
    rehearsal = runs_python(bundle, "-m", "native")
    assert "machine code" in only(check(bundle, rehearsal), "ID107").message


def test_under_our_launcher_a_second_exec_is_a_note(tmp_path: Path) -> None:
    bundle = sound(tmp_path, app=HELLO_AGAIN)
    with_our_configuration(bundle)
    found = check(bundle)
    assert errors(found) == []
    assert only(found, "ID105").severity is Severity.NOTE
    assert rules.Facts(AppBundle.open(bundle), hosted(bundle)).kind == "plover-tray"
