"""What a pretended Mac makes up is not written into an app, but a placeholder; or it is asked."""

import dataclasses
import os
import plistlib
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from apps.bundles import make_bundle, read_info
from apps.compile import Options, compile_source
from apps.kinds import SCRIPTS

import plover_tray
from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.errors import FixError, PloverTrayError
from plover_tray.rehearsal import FIRST, SECOND, PretendedMac

PYTHON = '"$D/Frameworks/Python.framework/Versions/3.13/bin/python3.13"'
HEAD = '#!/bin/bash\nD="$(cd "$(dirname "$0")/.." && pwd)"\n'

C_HEAD = """
#include <mach-o/dyld.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static char contents[4096], python[4096], text[4096];
static void start(char *argv[]) {
    unsigned size = sizeof contents;
    _NSGetExecutablePath(contents, &size);
    for (int i = 0; i < 2; i++) *strrchr(contents, '/') = 0;
    snprintf(python, sizeof python, "%s/%s", contents,
        "Frameworks/Python.framework/Versions/3.13/bin/python3.13");
}
"""


def app_with(folder: Path, program: str, suffix: str = "sh", **info: object) -> Path:
    """A bundle whose main executable is this script, or this source compiled."""
    bundle = make_bundle(folder, "sh", info=info or None)
    main = bundle / "Contents/MacOS/Hello Tray"
    if suffix == "sh":
        main.write_text(HEAD + program)
    else:
        objective_c = suffix == ".m"
        frameworks = ("Foundation", "CoreFoundation") if objective_c else ()
        source = C_HEAD + program if suffix == ".c" else program
        main.write_bytes(
            compile_source(source, suffix, Options(frameworks=frameworks, undefined=objective_c))
        )
    return bundle


def settings_of(folder: Path, bundle: Path, **options: object) -> Mapping[str, object]:
    """What `fix` writes for the launcher; the whole result is looked through as well."""
    out = folder / "out.app"
    plover_tray.fix(bundle, out, seal=False, **options)  # type: ignore[arg-type]
    assert traces_in(out) == []
    found: Mapping[str, object] = read_info(out)["PloverTray"]
    return found


def made_up(mac: PretendedMac) -> list[str]:
    """Texts that only this pretended Mac has."""
    values = [mac.home, mac.temporary.rstrip("/"), mac.host_name, mac.random_name]
    if mac is SECOND:
        values += [mac.user, mac.login_name, mac.applications, mac.launch]
    return values


def traces_in(bundle: Path) -> list[str]:
    """The files of a bundle in whose name or bytes a pretended Mac shows."""
    wanted = re.compile(
        b"|".join(re.escape(text.encode()) for mac in (FIRST, SECOND) for text in made_up(mac))
    )
    return [
        str(path)
        for path in bundle.rglob("*")
        if wanted.search(os.fsencode(path.relative_to(bundle)))
        or (path.is_file() and not path.is_symlink() and wanted.search(path.read_bytes()))
    ]


def test_the_two_macs_have_nothing_in_common() -> None:
    for field in dataclasses.fields(PretendedMac):
        if field.init:
            assert getattr(FIRST, field.name) != getattr(SECOND, field.name), field.name


C_EXEC = 'execv(python, (char *[]){python, "-m", "hello_tray", text, 0}); return 1; }'

SAID: Mapping[str, tuple[str, str, object]] = {
    "a script's home": (
        f'export X="$HOME/Library/x"\nexec {PYTHON} -m hello_tray "$@"\n',
        "sh",
        {"X": "${HOME}/Library/x"},
    ),
    "a script's tilde": (
        f'X=~/x; export X\nexec {PYTHON} -m hello_tray "$@"\n',
        "sh",
        {"X": "${HOME}/x"},
    ),
    "a script's user and temporary folder": (
        f'export X="$USER-$TMPDIR"\nexec {PYTHON} -m hello_tray "$@"\n',
        "sh",
        {"X": "${USER}-${TMPDIR}"},
    ),
    "whoami and id": (
        f'X="$(whoami):$(id -u)"; export X\nexec {PYTHON} -m hello_tray "$@"\n',
        "sh",
        {"X": "${USER}:${UID}"},
    ),
    "PATH with the bundle's own in front": (
        f'export PATH="$D/Resources:$PATH"\nexec {PYTHON} -m hello_tray "$@"\n',
        "sh",
        {"PATH": "${CONTENTS}/Resources:${PATH}"},
    ),
    "the folder beside the app": (
        f'X="$(dirname "$(dirname "$D")")"; export X\nexec {PYTHON} -m hello_tray "$@"\n',
        "sh",
        {"X": "${BUNDLE_FOLDER}"},
    ),
    "the process": (f'export X="$$"\nexec {PYTHON} -m hello_tray "$@"\n', "sh", {"X": "${PID}"}),
    "a text that looks like a placeholder": (
        f"export X='${{HOME}}'\nexec {PYTHON} -m hello_tray \"$@\"\n",
        "sh",
        {"X": "${DOLLAR}{HOME}"},
    ),
    "C: getenv": (
        'int main(int c, char *argv[]) { start(argv); snprintf(text, 4096, "%s/x", getenv("HOME"));'
        'setenv("X", text, 1);' + C_EXEC,
        ".c",
        {"X": "${HOME}/x"},
    ),
    "C: getpwuid": (
        "int main(int c, char *argv[]) { start(argv); struct passwd *p = getpwuid(getuid());"
        'snprintf(text, 4096, "%s %s %d", p->pw_dir, p->pw_name, getuid());'
        'setenv("X", text, 1);' + C_EXEC,
        ".c",
        {"X": "${HOME} ${USER} ${UID}"},
    ),
    "C: its own place": (
        'int main(int c, char *argv[]) { start(argv); setenv("X", contents, 1);' + C_EXEC,
        ".c",
        {"X": "${CONTENTS}"},
    ),
}


@pytest.mark.parametrize("what", SAID)
def test_what_differs_from_mac_to_mac_is_a_placeholder(what: str, tmp_path: Path) -> None:
    program, suffix, expected = SAID[what]
    found = settings_of(tmp_path, app_with(tmp_path, program, suffix))
    assert found["Environment"] == expected


OBJECTIVE_C = """
#include <objc/objc.h>
#include <unistd.h>
@interface NSObject
@end
@interface NSString : NSObject
- (NSString *)stringByAppendingPathComponent:(NSString *)component;
- (NSString *)stringByExpandingTildeInPath;
- (const char *)fileSystemRepresentation;
@end
@interface NSBundle : NSObject
+ (NSBundle *)mainBundle;
- (NSString *)bundlePath;
- (NSString *)resourcePath;
@end
extern NSString *NSHomeDirectory(void), *NSTemporaryDirectory(void), *NSUserName(void);
int main(int argc, char *argv[]) {
    NSString *place = %s;
    NSString *python = [[[NSBundle mainBundle] bundlePath] stringByAppendingPathComponent:
        @"Contents/Frameworks/Python.framework/Versions/3.13/bin/python3.13"];
    NSString *file = [place stringByAppendingPathComponent:@"x.cfg"];
    const char *program = [python fileSystemRepresentation];
    execv(program, (char *[]){(char *)program, "-m", "hello_tray",
        (char *)[file fileSystemRepresentation], 0});
    return 1;
}
"""


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("NSHomeDirectory()", "${HOME}/x.cfg"),
        ("NSTemporaryDirectory()", "${TMPDIR}x.cfg"),
        ('[@"~" stringByExpandingTildeInPath]', "${HOME}/x.cfg"),
        ("NSUserName()", "${USER}/x.cfg"),
        ("[[NSBundle mainBundle] resourcePath]", "${CONTENTS}/Resources/x.cfg"),
    ],
)
def test_objective_c_is_no_exception(call: str, expected: str, tmp_path: Path) -> None:
    found = settings_of(tmp_path, app_with(tmp_path, OBJECTIVE_C % call, ".m"))
    assert found["Arguments"] == [expected]


@pytest.mark.parametrize(
    "line",
    [
        'X="$(mktemp -d)"',
        'X="$(date +%H%M%S)"',
        'X="$(date)"',
        'X="$(basename "$HOME")"',
        'X="$(uname -r)"',
        'X="$(sw_vers -productVersion)"',
        'X="${HOME%/*}"',
    ],
)
def test_what_no_placeholder_says_is_asked_for_and_the_option_answers(
    line: str, tmp_path: Path
) -> None:
    bundle = app_with(tmp_path, f'{line}; export X\nexec {PYTHON} -m hello_tray "$@"\n')
    with pytest.raises(FixError, match="variable X is made anew") as error:
        plover_tray.fix(bundle, tmp_path / "out.app")
    assert "--env X=VALUE" in error.value.mend
    assert not (tmp_path / "out.app").exists()
    found = settings_of(tmp_path, bundle, environment={"X": "${HOME}/mine"})
    assert found["Environment"] == {"X": "${HOME}/mine"}


def test_a_made_up_argument_is_asked_for_with_entry(tmp_path: Path) -> None:
    script = f'exec {PYTHON} -m hello_tray "$(mktemp)" "$@"\n'
    bundle = app_with(tmp_path, script)
    with pytest.raises(FixError, match="argument 3 is made anew") as error:
        plover_tray.fix(bundle, tmp_path / "out.app")
    assert "--entry" in error.value.mend
    assert settings_of(tmp_path, bundle, entry="-m hello_tray")["Module"] == "hello_tray"


@pytest.mark.parametrize(
    "condition",
    ['[ "$USER" = user ]', "[ -d /Users/user ]", '[ "$(id -u)" = 501 ]', '[ "$SHELL" = /bin/zsh ]'],
)
def test_a_program_that_runs_otherwise_on_another_mac_is_asked_about(
    condition: str, tmp_path: Path
) -> None:
    script = f"if {condition}; then exec {PYTHON} -m hello_tray; fi\nexec {PYTHON} -m other x y\n"
    bundle = app_with(tmp_path, script)
    with pytest.raises(FixError, match="depends on the Mac"):
        plover_tray.fix(bundle, tmp_path / "out.app")
    plan = plover_tray.fix(bundle, dry_run=True, entry="-m hello_tray").plan
    assert any("Nothing but the entry is carried over" in note for note in plan.notes)


def test_an_app_that_names_its_place_in_applications_works_anywhere_when_fixed(
    tmp_path: Path,
) -> None:
    place = "/Applications/Hello Tray.app/Contents"
    script = (
        f'exec "{place}/Frameworks/Python.framework/Versions/3.13/bin/python3.13" -m hello_tray'
    )
    bundle = app_with(tmp_path, f'export X="{place}/Resources"\n{script} "$@"\n')
    plan = plover_tray.fix(bundle, dry_run=True).plan
    assert any("works in /Applications only" in note for note in plan.notes)
    assert settings_of(tmp_path, bundle)["Environment"] == {"X": "${CONTENTS}/Resources"}


@pytest.mark.parametrize("folder", ["$HOME", "$TMPDIR", "$D/../.."])
def test_a_folder_that_every_mac_has_is_entered(folder: str, tmp_path: Path) -> None:
    bundle = app_with(tmp_path, f'cd "{folder}"\nexec {PYTHON} -m hello_tray "$@"\n')
    found = settings_of(tmp_path, bundle)["WorkingDirectory"]
    assert str(found).rstrip("/") in (
        *("${HOME}", "${TMPDIR}", "/private${TMPDIR}", "${BUNDLE_FOLDER}"),
    )


def test_entry_keeps_all_else_that_the_old_program_did(tmp_path: Path) -> None:
    script = (
        'export PYTHONPATH="$D/Resources/app" X=1\nunset Y\ncd "$D/Resources"\nulimit -n 4096\n'
        f'exec {PYTHON} -m nosuch "$@"\n'
    )
    bundle = app_with(tmp_path, script)
    plan = plover_tray.fix(bundle, dry_run=True, entry="-m hello_tray").plan
    assert plan.config is not None
    assert plan.config.environment == {"PYTHONPATH": "${CONTENTS}/Resources/app", "X": "1"}
    assert plan.config.working_directory == "Resources"
    assert len(plan.left_out) == 1


def test_env_sets_and_removes_whatever_the_old_program_did(tmp_path: Path) -> None:
    bundle = app_with(tmp_path, f'export X=1 Y=2\nexec {PYTHON} -m hello_tray "$@"\n')
    found = settings_of(tmp_path, bundle, environment={"X": None, "Z": "3"})
    assert found["Environment"] == {"Y": "2", "Z": "3"}
    assert found["UnsetEnvironment"] == ["X"]


LEFT_OUT: Mapping[str, tuple[str, str]] = {
    "a folder": ('mkdir -p "$HOME/Library/x"', "mkdir -p ${HOME}/Library/x"),
    "a copy": ('cp -n "$D/Resources/a" "$HOME/b"', "cp -n"),
    "a limit": ("ulimit -n 4096", "ulimit -n 4096"),
    "a mask": ("umask 077", "umask 077"),
    "a log": ('exec >> "$HOME/Library/Logs/x.log" 2>&1', "Library/Logs/x.log"),
    "a signal": ("trap 'kill 0' EXIT", "trap"),
    "another program before": ('"$D/MacOS/helper" --start', "helper"),
    "a program that is killed": ("pkill -f hello", "pkill -f hello"),
}


@pytest.mark.parametrize("what", LEFT_OUT)
def test_what_the_launcher_does_not_do_is_said_kept_and_refused_when_strict(
    what: str, tmp_path: Path
) -> None:
    line, expected = LEFT_OUT[what]
    bundle = app_with(tmp_path, f'{line}\nexec {PYTHON} -m hello_tray "$@"\n')
    helper = bundle / "Contents/MacOS/helper"
    helper.write_bytes(compile_source("int main(void) { return 0; }", ".c", Options()))
    helper.chmod(0o755)
    plan = plover_tray.fix(bundle, tmp_path / "out.app", seal=False).plan
    (sentence,) = plan.left_out
    assert expected in sentence
    found = plover_tray.check(tmp_path / "out.app", select=["ID109"]).findings
    assert [finding.message for finding in found] == [sentence]
    with pytest.raises(FixError, match="did more than the launcher does"):
        plover_tray.fix(bundle, tmp_path / "again.app", strict=True)


def test_a_loop_and_a_program_afterwards_are_said(tmp_path: Path) -> None:
    script = f"""while true; do
  {PYTHON} -m hello_tray "$@"
  [ $? -eq 42 ] || break
done
{PYTHON} -m hello_tray.cleanup
"""
    plan = plover_tray.fix(app_with(tmp_path, script), dry_run=True).plan
    assert len(plan.left_out) == 2
    assert "again and again" in plan.left_out[0]
    assert "hello_tray.cleanup" in plan.left_out[1]


def test_nothing_made_up_is_in_any_file_of_any_kind_that_can_be_fixed(tmp_path: Path) -> None:
    fixed = 0
    for kind in SCRIPTS:
        bundle = make_bundle(tmp_path / kind, kind)
        try:
            plover_tray.fix(bundle, tmp_path / f"{kind}.app")
        except PloverTrayError:
            continue
        assert traces_in(tmp_path / f"{kind}.app") == []
        fixed += 1
    assert fixed >= len(SCRIPTS) // 2


def test_a_fixed_app_is_fixed_again_with_the_same_settings(tmp_path: Path) -> None:
    bundle = app_with(tmp_path, f'export X="$HOME"\numask 077\nexec {PYTHON} -m hello_tray "$@"\n')
    plover_tray.fix(bundle, tmp_path / "out.app")
    info = (tmp_path / "out.app/Contents/Info.plist").read_bytes()
    assert plover_tray.fix(tmp_path / "out.app", in_place=True).plan.nothing_to_do
    assert plistlib.loads(info) == read_info(tmp_path / "out.app")
    config = AppBundle.open(tmp_path / "out.app").config
    assert config is not None
    assert len(config.left_out) == 1


def test_variables_of_info_plist_are_there_in_the_rehearsal_and_pythonpath_stays(
    tmp_path: Path,
) -> None:
    place = "/Applications/Hello Tray.app/Contents"
    bundle = app_with(
        tmp_path,
        'exec python3.13 -m hello_tray "$@"\n',
        LSEnvironment={
            "PATH": f"{place}/Frameworks/Python.framework/Versions/3.13/bin:/usr/bin",
            "PYTHONPATH": f"{place}/Resources/app:/elsewhere",
            "bad": 1,
        },
    )
    assert settings_of(tmp_path, bundle)["Environment"] == {
        "PYTHONPATH": "${CONTENTS}/Resources/app:/elsewhere"
    }
    assert "LSEnvironment" in read_info(tmp_path / "out.app")


def test_what_is_done_on_one_mac_only_is_said_without_its_names(tmp_path: Path) -> None:
    script = '[ "$USER" = user ] && mkdir "$HOME/x"\numask 077\n'
    bundle = app_with(tmp_path, f'{script}exec {PYTHON} -m hello_tray "$@"\n')
    plan = plover_tray.fix(bundle, tmp_path / "out.app").plan
    assert len(plan.left_out) == 2
    assert any("mkdir '${HOME}/x'" in each or "mkdir ${HOME}/x" in each for each in plan.left_out)
    assert traces_in(tmp_path / "out.app") == []


@pytest.mark.parametrize(
    "call",
    [
        'strcpy(text, "/tmp/aXXXXXX"); mkdtemp(text);',
        'strcpy(text, "/tmp/aXXXXXX"); close(mkstemp(text));',
        'sprintf(text, "%ld", (long)time(0));',
        "gethostname(text, 9); text[3] = 0;",
        'sprintf(text, "%d", rand() % 9);',
    ],
)
def test_a_c_program_that_makes_up_a_name_is_asked_about(call: str, tmp_path: Path) -> None:
    program = f"#include <time.h>\nint main(int c, char *argv[]) {{ start(argv); {call}"
    bundle = app_with(tmp_path, program + C_EXEC, ".c")
    with pytest.raises(FixError, match="argument 3 is made anew"):
        plover_tray.fix(bundle, tmp_path / "out.app")
