"""`Contents/MacOS/<CFBundleExecutable>`: an NSApplication and the app's Python in one process."""

import ast
import os
import plistlib
import pwd
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from launcher.conftest import MakeBundle
from launcher.matrix import REPORT, Case, write_info

ODD_ARGUMENTS = [
    *("-s", "plover_plugins", "install", "x", "-m", "module", "-c", "import sys", "-", "--"),
    *("-I", "-X", "dev", "-W", "error", "-h", "--version", "-V", "", " ", "a b", "é", "\U0001f600"),
    *("\n", "a\nb\t", "'", '"', "$HOME", "*", "\\", "--flag=", "-psn_0_1", "@file"),
]


@pytest.fixture
def display(x_display: str) -> dict[str, str]:
    return {"DISPLAY": x_display}


def test_the_users_arguments_reach_the_app_untouched(
    python: Case, make_bundle: MakeBundle, display: dict[str, str]
) -> None:
    bundle = make_bundle(
        python, settings={"Module": "pkg.mod & <more> é", "Arguments": ["fixed", "", "-x"]}
    )
    found = bundle.report(bundle.app, *ODD_ARGUMENTS, env=display)
    boot = str(bundle.contents / "Resources/plover-tray/boot.py")
    assert found["argv"] == [
        *(boot, "-m", "pkg.mod & <more> é", "fixed", "", "-x"),
        *ODD_ARGUMENTS,
    ]
    assert found["flags"]["no_user_site"] == found["flags"]["isolated"] == 0
    if found["orig_argv"]:
        assert found["orig_argv"] == [str(bundle.interpreter), *found["argv"]]


def test_the_process_stays_the_launcher_and_is_an_appkit_application(
    python: Case, make_bundle: MakeBundle, display: dict[str, str]
) -> None:
    bundle = make_bundle(python)
    found = bundle.report(bundle.app, env=display)
    assert found["process"] == str(bundle.app)
    assert found["executable"] == str(bundle.interpreter)
    assert found["prefix"] == found["base_prefix"] == str(python.home)
    assert found["appkit"] is True


APPLICATION_EXISTS = """
import ctypes
gui = ctypes.CDLL("libgnustep-gui.so")
print(ctypes.c_void_p.in_dll(gui, "NSApp").value is not None)
"""


def test_the_application_exists_before_pythons_first_line(
    newest: Case, make_bundle: MakeBundle, display: dict[str, str]
) -> None:
    bundle = make_bundle(newest, boot=APPLICATION_EXISTS)
    assert bundle.run(bundle.app, env=display).stdout == "True\n"
    assert bundle.run(bundle.interpreter, "-c", APPLICATION_EXISTS, env=display).stdout == "False\n"


@pytest.mark.parametrize(
    ("entry", "kind", "target"),
    [
        ({"Module": "a.b"}, "-m", "a.b"),
        ({"Function": "a.b:c.d"}, "function", "a.b:c.d"),
        ({"Code": "print(1)\nprint(2)"}, "-c", "print(1)\nprint(2)"),
        ({"Script": "Resources/main.py"}, "script", "CONTENTS/Resources/main.py"),
        ({"Script": "/absolute/main.py"}, "script", "/absolute/main.py"),
    ],
)
def test_the_boot_module_is_told_what_to_run(
    newest: Case,
    make_bundle: MakeBundle,
    display: dict[str, str],
    entry: dict[str, str],
    kind: str,
    target: str,
) -> None:
    bundle = make_bundle(newest, settings=entry, without=[] if "Module" in entry else ["Module"])
    found = bundle.report(bundle.app, "x", env=display)
    assert found["argv"][1:] == [kind, target.replace("CONTENTS", str(bundle.contents)), "x"]


def test_pythons_own_flags_come_from_the_settings(
    python: Case, make_bundle: MakeBundle, display: dict[str, str]
) -> None:
    flags = ["-sEB", "-X", "dev", "-W", "error::UserWarning", "-O", "-X", "utf8"]
    bundle = make_bundle(python, settings={"Flags": flags})
    found = bundle.report(bundle.app, "-O", env={**display, "PYTHONOPTIMIZE": "2"})
    on = {name for name, value in found["flags"].items() if value == 1}
    assert on - {"hash_randomization", "gil"} == {
        *("no_user_site", "ignore_environment", "dont_write_bytecode"),
        *("dev_mode", "optimize", "utf8_mode"),
    }
    assert found["xoptions"] == {"dev": True, "utf8": True}
    assert found["warnoptions"] == ["default", "error::UserWarning"]


def test_pythons_own_variables_work_but_those_of_another_installation_are_dropped(
    python: Case, make_bundle: MakeBundle, display: dict[str, str]
) -> None:
    bundle = make_bundle(python)
    foreign = {
        "PYTHONHOME": "/nowhere",
        "PYTHONPATH": "/nowhere",
        "PYTHONEXECUTABLE": "/nowhere",
        "__PYVENV_LAUNCHER__": "/nowhere",
    }
    found = bundle.report(bundle.app, env={**display, **foreign, "PYTHONDEVMODE": "1"})
    assert not foreign.keys() & found["environment"].keys()
    assert found["environment"]["PYTHONDEVMODE"] == "1"
    assert found["flags"]["dev_mode"] == 1
    assert found["executable"] == str(bundle.interpreter)


def test_the_environment_is_as_the_settings_say(
    newest: Case, make_bundle: MakeBundle, display: dict[str, str]
) -> None:
    bundle = make_bundle(
        newest,
        settings={
            "KeepEnvironment": ["PYTHONPATH"],
            "UnsetEnvironment": ["REMOVED", "NOT THERE", "BOTH"],
            "Environment": {
                "ADDED": "a = & <b>\n",
                "CHANGED": "new",
                "EMPTY": "",
                "BOTH": "set",
                "PLACES": "${CONTENTS}/a:${CONTENTS}:$CONTENTS",
            },
        },
    )
    given = {"PYTHONPATH": "/kept", "REMOVED": "x", "CHANGED": "old", "BOTH": "x", "OTHER": "x"}
    found = bundle.report(bundle.app, env={**display, **given})["environment"]
    assert found["PYTHONPATH"] == "/kept"
    assert "REMOVED" not in found
    assert found["ADDED"] == "a = & <b>\n"
    assert (found["CHANGED"], found["EMPTY"], found["BOTH"]) == ("new", "", "set")
    assert found["OTHER"] == "x"
    assert found["PLACES"] == f"{bundle.contents}/a:{bundle.contents}:$CONTENTS"


def test_the_working_directory_is_left_or_set(
    newest: Case, make_bundle: MakeBundle, display: dict[str, str], tmp_path: Path
) -> None:
    bundle = make_bundle(newest)
    assert bundle.report(bundle.app, env=display, cwd="/")["cwd"] == "/"
    shutil.rmtree(bundle.path)
    bundle = make_bundle(newest, settings={"WorkingDirectory": "Resources"})
    found = bundle.report(bundle.app, env=display, cwd=tmp_path)
    assert found["cwd"] == str(bundle.contents / "Resources")


@pytest.mark.parametrize(
    ("boot", "status"),
    [
        ("", 0),
        ("raise SystemExit(3)", 3),
        ("import sys; sys.exit('reason')", 1),
        ("1/0", 1),
        ("import os; os._exit(9)", 9),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -15),
        ("import os, signal; os.kill(os.getpid(), signal.SIGINT); input()", -2),
    ],
)
def test_the_app_ends_as_python_ends(
    newest: Case, make_bundle: MakeBundle, display: dict[str, str], boot: str, status: int
) -> None:
    bundle = make_bundle(newest, boot=boot)
    assert bundle.run(bundle.app, env=display).returncode == status


def test_it_has_pythons_standard_input(
    newest: Case, make_bundle: MakeBundle, display: dict[str, str]
) -> None:
    bundle = make_bundle(newest, boot="print(input(), input())")
    assert bundle.run(bundle.app, env=display, input="one\ntwo\n").stdout == "one two\n"


CHILDREN = """
import multiprocessing, os, subprocess, sys

def who(connection):
    connection.send((os.readlink("/proc/self/exe"), "libgnustep" in open("/proc/self/maps").read()))

if __name__ == "__main__":
    for method in ("spawn", "forkserver"):
        context = multiprocessing.get_context(method)
        here, there = context.Pipe()
        process = context.Process(target=who, args=(there,))
        process.start()
        print(*here.recv())
        process.join()
    script = 'import os, sys; print(os.readlink("/proc/self/exe"), sys.argv)'
    for arguments in (["-c", script, "-m"], ["-I", "-X", "dev", "-", "x"]):
        subprocess.run([sys.executable, *arguments], input=script.encode())
        sys.stdout.flush()
"""


def test_the_apps_children_are_interpreters_without_appkit(
    python: Case, make_bundle: MakeBundle, display: dict[str, str]
) -> None:
    bundle = make_bundle(python, boot=CHILDREN)
    done = bundle.run(bundle.app, env={**display, "PYTHONUNBUFFERED": "1"})
    assert done.stdout.splitlines() == [
        f"{bundle.interpreter} False",
        f"{bundle.interpreter} False",
        f"{bundle.interpreter} ['-c', '-m']",
        f"{bundle.interpreter} ['-', 'x']",
    ], done.stderr


@pytest.mark.parametrize("way", ["symlink", "relative", "another argv[0]"])
def test_the_bundle_is_found_however_the_app_is_started(
    newest: Case, make_bundle: MakeBundle, display: dict[str, str], tmp_path: Path, way: str
) -> None:
    bundle = make_bundle(newest)
    link = tmp_path / "python"  # the name of a link does not decide the role
    link.symlink_to(bundle.app)
    ways: dict[str, tuple[Path, dict[str, Any]]] = {
        "symlink": (link, {}),
        "relative": (Path("Demo"), {"cwd": bundle.app.parent, "executable": "./Demo"}),
        "another argv[0]": (bundle.interpreter, {"executable": bundle.app}),
    }
    program, options = ways[way]
    found = bundle.report(program, env=display, **options)
    assert found["process"] == str(bundle.app)
    assert found["argv"][0] == str(bundle.contents / "Resources/plover-tray/boot.py")
    assert found["appkit"] is True


def test_a_bundle_can_be_moved(
    newest: Case, make_bundle: MakeBundle, display: dict[str, str], tmp_path: Path
) -> None:
    bundle = make_bundle(newest)
    bundle.path = bundle.path.rename(tmp_path / "Moved\nand renamed.app")
    found = bundle.report(bundle.app, env=display)
    assert found["process"] == str(bundle.app)
    assert found["executable"] == str(bundle.interpreter)


def test_nothing_is_written_into_the_bundle(
    newest: Case, make_bundle: MakeBundle, display: dict[str, str]
) -> None:
    bundle = make_bundle(newest)

    def inventory() -> dict[Path, tuple[int, int, int]]:
        found = {path: path.lstat() for path in bundle.path.rglob("*")}
        return {path: (s.st_size, s.st_mtime_ns, s.st_ino) for path, s in found.items()}

    before = inventory()
    bundle.report(bundle.app, env=display)
    bundle.report(bundle.interpreter, "-c", REPORT)
    assert inventory() == before


def as_plutil_would_not(text: str) -> bytes:
    """Another way to write the same property list in XML."""
    module = "<string kind=''>é &amp; &lt;x&gt;</string>"
    return text.replace("<string>demo</string>", module).encode()


def with_a_large_icon(text: str) -> bytes:
    """The same property list behind more than a mebibyte of other things."""
    text = text.replace("demo</string>", "é &amp; &lt;x&gt;</string>")
    icon = f"<dict><key>Icon</key><string>{'A' * (2 << 20)}</string>"
    return text.replace("<dict>", icon, 1).encode()


@pytest.mark.parametrize("write", [as_plutil_would_not, with_a_large_icon])
def test_rare_forms_of_a_property_list_are_read_as_well(
    newest: Case,
    make_bundle: MakeBundle,
    display: dict[str, str],
    write: Callable[[str], bytes],
) -> None:
    bundle = make_bundle(newest)
    info = bundle.contents / "Info.plist"
    info.write_bytes(write(info.read_text()))
    found = bundle.report(bundle.app, "x", env=display)
    assert found["argv"][2:] == ["é & <x>", "x"]


STANDARD_FILES = """
import os, sys
os.write(9, repr([os.readlink(f"/dev/fd/{number}") for number in range(3)]).encode())
print(sys.stdin.read(), file=sys.stderr)
"""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_standard_files_that_are_closed_do_not_become_appkits_own(
    newest: Case, make_bundle: MakeBundle, display: dict[str, str], tmp_path: Path, closed: str
) -> None:
    boot = (
        "import os, sys; os.write(9, repr([os.readlink(f'/dev/fd/{n}') for n in range(3)])"
        ".encode()); print(sys.stdin.read(), file=sys.stderr)"
    )
    bundle = make_bundle(newest, boot=boot)
    answer = tmp_path / "answer"
    done = bundle.run(
        "sh", "-c", f'exec "$0" {closed} 9>"$1"', bundle.app, answer, env=display, timeout=60
    )
    assert done.returncode == 0, done.stderr
    standard = ast.literal_eval(answer.read_text())
    for number, redirection in enumerate(("<&-", ">&-", "2>&-")):
        if redirection in closed.split():
            assert standard[number] == "/dev/null"


def test_a_binary_info_plist_is_read_as_well(
    newest: Case, make_bundle: MakeBundle, display: dict[str, str]
) -> None:
    bundle = make_bundle(newest)
    settings = plistlib.loads((bundle.contents / "Info.plist").read_bytes())["PloverTray"]
    settings = {**settings, "Module": "é & <x>", "Environment": {"A": "ü"}, "Flags": ["-s"]}
    write_info(bundle, settings, plistlib.FMT_BINARY)
    found = bundle.report(bundle.app, "x", env=display)
    assert found["argv"][2] == "é & <x>"
    assert found["environment"]["A"] == "ü"
    assert found["flags"]["no_user_site"] == 1
    assert bundle.report(bundle.interpreter, "-c", REPORT)["process"] == str(bundle.interpreter)


EVERY = "${HOME}|${USER}|${LOGNAME}|${SHELL}|${TMPDIR}|${PATH}|${UID}|${HOST}|${BUNDLE_FOLDER}"
STARTED_WITH = {
    "HOME": "/h o/me",
    "USER": "é",
    "LOGNAME": "",
    "SHELL": "${HOME}",
    "TMPDIR": "/t/",
    "PATH": "/a:/b",
}


def test_placeholders_say_what_the_app_was_started_with(
    newest: Case, make_bundle: MakeBundle, display: dict[str, str]
) -> None:
    bundle = make_bundle(
        newest,
        settings={
            "Arguments": [EVERY, "${PID}", "${CONTENTS}/x", "a${DOLLAR}{HOME}b", "${NO} ${ $HOME"],
            "Environment": {"TMPDIR": "${TMPDIR}sub", "HOME": "${CONTENTS}", "PATH": "c:${PATH}"},
            "UnsetEnvironment": ["SHELL"],
        },
    )
    found = bundle.report(bundle.app, env={**display, **STARTED_WITH})
    words = [STARTED_WITH[name] for name in ("HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "PATH")]
    words += [str(os.getuid()), os.uname().nodename, str(bundle.path.parent)]
    assert found["argv"][3:] == [
        "|".join(words),
        str(found["pid"]),
        f"{bundle.contents}/x",
        "a${HOME}b",
        "${NO} ${ $HOME",
    ]
    environ = found["environment"]
    assert environ["TMPDIR"] == "/t/sub"
    assert environ["HOME"] == str(bundle.contents)
    assert environ["PATH"] == "c:/a:/b"
    assert "SHELL" not in environ


def test_placeholders_of_variables_that_are_not_set_come_from_the_users_record(
    newest: Case, make_bundle: MakeBundle, display: dict[str, str]
) -> None:
    bundle = make_bundle(newest, settings={"Arguments": ["${USER}", "${LOGNAME}", "${SHELL}"]})
    record = pwd.getpwuid(os.getuid())
    found = bundle.report(bundle.app, env=display)
    assert found["argv"][3:] == [record.pw_name, record.pw_name, record.pw_shell]
