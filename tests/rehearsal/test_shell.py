"""Shell scripts: what is read from them, against what bash really does with them."""
# ruff: noqa: E501 - sources of guests in one line

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from apps.kinds import SCRIPTS

from plover_tray.rehearsal import rehearse
from plover_tray.report.rehearse_json import slice_document
from rehearsal.guests import (
    APP,
    CONTENTS,
    NAME,
    PYTHON,
    SMALL,
    USER,
    bundle_around,
    rehearse_script,
)

BASH = shutil.which("bash")

REPORTER = """#!/usr/bin/env python3
import json, os, sys
with open(os.environ["REPORT_TO"], "a") as report:
    print(json.dumps([sys.argv, dict(os.environ), os.getcwd()]), file=report)
"""
"""Stands in the bundle where Python would, and writes down how it is started."""

EXEC_STYLES = {
    "the usual way": 'DIR="$(cd "$(dirname "$0")" && pwd)"\nexec "$DIR/../Frameworks/python" -m app "$@"',
    "old quotes": 'exec "`dirname \\"$0\\"`/../Frameworks/python" -m app "$@"',
    "parameter expansion": 'exec "${0%/*}/../Frameworks/python" -s -m app "$@"',
    "BASH_SOURCE": 'D=$( cd -- "$( dirname -- "${BASH_SOURCE[0]}" )" &> /dev/null && pwd )\n'
    'exec "$D"/../Frameworks/python main.py "$@"',
    "physical": 'cd "$(dirname "$0")/.." && ROOT=$(pwd -P)\nexec $ROOT/Frameworks/python "$@"',
    "realpath": 'HERE=$(dirname "$(realpath "$0")")\nexec "$HERE/../Frameworks/python" "$@"',
    "link loop": 'PRG="$0"\nwhile [ -h "$PRG" ]; do\n  LINK=$(readlink "$PRG")\n'
    '  case "$LINK" in /*) PRG="$LINK";; *) PRG=$(dirname "$PRG")/$LINK;; esac\ndone\n'
    'exec "$(dirname "$PRG")/../Frameworks/python" -x "$PRG" "$@"',
    "conditions": 'P="${0%/*}/../Frameworks/python"\nif [ -x "$P" ] && [ ! -d "$P" ]; then\n'
    '  exec "$P" yes "$@"\nelif [[ -f /no ]]; then exit 3; else\n  exec "$P" no\nfi',
    "environment": "export A='single $A' B=\"double $HOME\"\nC=not-exported\nD=x; export D\nunset TERM\n"
    'export PATH="${0%/*}/../Frameworks:$PATH"\nexec python "$A" "$B" "${C:-c}" "${E:-none}" "${D:+set}"',
    "for one command": "exec env 2>/dev/null >/dev/null || true\n".replace("exec env", ": env")
    + 'X=1 Y="2 3" "${0%/*}/../Frameworks/python" child\nexec "${0%/*}/../Frameworks/python" "[$X]"',
    "assignments before a line end": 'A=1 B="2 3"\nC=$A D=$B # with a comment\nE=4 \\\n"${0%/*}/../Frameworks/python" c\n'
    'set_f() { F=5; }; G=6 set_f\nexec "${0%/*}/../Frameworks/python" "$A" "$B" "$C" "$D" "[$E$G]" $F',
    "arguments": 'P="${0%/*}/../Frameworks/python"\nFIRST=$1\nshift\nset -- one "$FIRST" "$@"\n'
    'exec "$P" $# "$*" $1 "a b"c\'d e\'f \\$x "\\$y" "${#FIRST}" "${1}x"',
    "splitting": 'P="${0%/*}/../Frameworks/python"\nW="a  b c"\nexec "$P" $W "$W" x$W"y z" "" $NOTHING',
    "trimming": 'P="${0%/*}/../Frameworks/python"\nF=/a/b.tar.gz\n'
    'exec "$P" "${F##*/}" "${F#*/}" "${F%.*}" "${F%%.*}" "${F/b/c}" "${F//a/x}" "${F:1:3}" "${F: -2}"',
    "functions": 'run() {\n  local mode="$1"; shift\n  exec "${0%/*}/../Frameworks/python" "$mode" "$@"\n}\n'
    'fail() { echo "no" >&2; return 1; }\nfail || run fast "$@"',
    "loops": 'ALL=""\nfor i in 1 2 "3 4"; do\n  [ "$i" = 2 ] && continue\n  ALL="$ALL<$i>"\ndone\n'
    'n=0\nwhile [ $n -lt 3 ]; do n=$((n + 1)); done\nexec "${0%/*}/../Frameworks/python" "$ALL" $n',
    "case": 'case "$1" in\n  -*) M=option ;;\n  first*|second) M=word ;;\n  *) M=other ;;\nesac\n'
    'exec "${0%/*}/../Frameworks/python" $M',
    "groups": '(cd /; X=inner; exec "${0%/*}/nothing" 2>/dev/null) ; { Y=group; }\n'
    'exec "${0%/*}/../Frameworks/python" "[$X$Y]"',
    "errexit": "set -euo pipefail\nfalse || X=1\nif false; then :; fi\n"
    'exec "${0%/*}/../Frameworks/python" "$X"',
    "continued": 'exec "${0%/*}/../Frameworks/python" \\\n  -m app \\\n  "$@" # a comment',
    "printf": 'P=$(printf "%s/%s" "${0%/*}" ../Frameworks/python)\nN=$(printf \'a\\nb\')\nexec "$P" "$N" "$(echo -n x)"',
    "child": '"${0%/*}/../Frameworks/python" -m app "$@"\nexit $?',
    "background": '"${0%/*}/../Frameworks/python" -m app "$@" &\nwait',
    "sourced": '. "${0%/*}/../Resources/settings.sh"\nexec "${0%/*}/../Frameworks/python" "$FROM_FILE"',
    "a failing exec": 'exec "${0%/*}/../Frameworks/no-python" "$@"',
    "a failing cd": 'set -e\ncd /no/such/folder\nexec "${0%/*}/../Frameworks/python"',
    "heredoc": 'cat <<EOF\n$0 and "$@"\nEOF\nexec "${0%/*}/../Frameworks/python" after',
    "globs": 'cd "${0%/*}/../Resources"\nexec ../Frameworks/python *.txt no*such "*.txt"',
    "not equal": 'if [ "$1" != "" -a -n "$2" ] || [ -z "$3" ]; then V=1; fi\n'
    '[[ "$1" == first* ]] && V=${V}2\n[[ "$1" != "$1" ]] || V=${V}4\n! [ -e /no ] && V="${V}3"\nexec "${0%/*}/../Frameworks/python" $V',
}

FILES = {"Resources/settings.sh": "FROM_FILE='from the file'\n", "Resources/b.txt": "b"}


def really(
    folder: Path, script: str, files: Mapping[str, str] = FILES
) -> tuple[int, list[tuple[list[str], dict[str, str], str]]]:
    """Run the script with bash: its status, and how it started the reporter each time."""
    bundle = bundle_around(folder, script.encode(), files)
    python = bundle / "Contents" / "Frameworks" / "python"
    python.write_text(REPORTER)
    report = folder / "report"
    environment = {"HOME": "/Users/user", "PATH": os.environ["PATH"], "REPORT_TO": str(report)}
    assert BASH is not None
    main = bundle / "Contents" / "MacOS" / NAME
    done = subprocess.run(
        [BASH, main, *USER], env=environment, cwd="/", capture_output=True, check=False
    )
    text = report.read_text() if report.exists() else ""
    text = text.replace(str(bundle), APP)
    return done.returncode, [json.loads(line) for line in text.splitlines()]


@pytest.mark.skipif(BASH is None, reason="there is no bash to compare with")
@pytest.mark.parametrize("style", sorted(EXEC_STYLES))
def test_a_script_is_read_as_bash_runs_it(style: str, tmp_path: Path) -> None:
    script = "#!/bin/bash\n" + EXEC_STYLES[style] + "\n"
    status, started = really(tmp_path / "real", script)
    (slice_,) = rehearse_script(
        tmp_path / "guest", script, FILES, environment={"HOME": "/Users/user"}
    ).slices
    assert slice_.arch == "sh"
    seen = [program.argv for program in slice_.started]
    if slice_.outcome == "exec":
        seen.append(slice_.argv)
    expected = [tuple(argv[1:]) for argv, _, _ in started]
    assert [argv[1:] for argv in seen] == expected
    if slice_.outcome == "exit":
        assert slice_.message.endswith(f"It exits with status {status}.")
    if slice_.outcome == "exec":
        assert slice_.target_in_bundle == "Contents/Frameworks/python"
        _, environment, folder = started[-1]
        assert (slice_.working_directory or "/") == folder
        changed = {n: v for n, v in slice_.environment.items() if v is not None and n != "PATH"}
        assert {n: environment.get(n) for n in changed} == changed


@pytest.mark.parametrize(
    ("style", "why"),
    {
        'eval "$CMD"': "eval",
        "read answer": "read",
        "a=(1 2 3)": "array",
        'X=$(curl http://example.org) && exec "$X"': "curl",
        'X="$(ls | head -1)"': "output of a pipeline",
        'X=$("${0%/*}/../Frameworks/python" -c "print(1)")': "output of a program",
        "select x in a b; do :; done": "for statement",
        'if [ -x "$P" ]; then': "syntax",
        "X=${!NAME}": "expansion",
        "exec ${RANDOM}": "$RANDOM",
        "for ((i=0; i<3; i++)); do :; done": "c style for statement",
    }.items(),
)
def test_what_has_no_model_is_named_with_its_line(style: str, why: str, tmp_path: Path) -> None:
    script = f"#!/bin/bash\n\n{style}\nexec /usr/bin/true\n"
    (slice_,) = rehearse_script(tmp_path, script).slices
    assert slice_.outcome == "unknown-call"
    assert slice_.message.startswith("Line 3: ")
    assert why in slice_.message


@pytest.mark.parametrize("kind", sorted(SCRIPTS))
def test_the_scripts_of_the_fixtures_end_in_an_exec_or_a_child(kind: str, tmp_path: Path) -> None:
    from apps.bundles import make_bundle

    bundle = make_bundle(tmp_path / "App.app", kind)
    for slice_ in rehearse(bundle, USER, budget=SMALL).slices:
        assert slice_.outcome == ("spawn" if kind == "sh-child" else "exec")
        assert slice_.argv[-2:] == USER


def test_an_env_script_is_run_by_the_interpreter_it_names(tmp_path: Path) -> None:
    (slice_,) = rehearse_script(tmp_path, "#!/usr/bin/env -S python3 -u\nprint()\n").slices
    assert (slice_.outcome, slice_.call, slice_.target) == ("exec", "#!", "/usr/bin/python3")
    main = f"{APP}/Contents/MacOS/{NAME}"
    assert slice_.argv == ("python3", "-u", main, *USER)


def test_an_interpreter_that_is_not_there_ends_in_an_exit(tmp_path: Path) -> None:
    (slice_,) = rehearse_script(tmp_path, "#!../Frameworks/python\n").slices
    assert slice_.outcome == "exit"
    assert "../Frameworks/python" in slice_.message


def test_a_script_of_another_shell_is_not_guessed_at(tmp_path: Path) -> None:
    (slice_,) = rehearse_script(tmp_path, "#!/bin/tcsh -f\nexec /bin/ls\n").slices
    assert (slice_.outcome, slice_.call) == ("unknown-call", "tcsh")


def test_a_script_that_asks_for_the_processor_may_have_two_answers(tmp_path: Path) -> None:
    script = f'#!/bin/sh\nexec "{PYTHON}" "$(uname -m)" "$@"\n'
    first, second = rehearse_script(tmp_path, script).slices
    assert (first.arch, first.argv[1]) == ("sh (arm64)", "arm64")
    assert (second.arch, second.argv[1]) == ("sh (x86_64)", "x86_64")


def test_zsh_does_not_split_and_knows_its_own_paths(tmp_path: Path) -> None:
    script = '#!/bin/zsh\nW="a b"\nexec ${0:A:h}/../Frameworks/python $W "$@"\n'
    (slice_,) = rehearse_script(tmp_path, script).slices
    assert slice_.argv == (f"{APP}/Contents/MacOS/../Frameworks/python", "a b", *USER)


@pytest.mark.parametrize(
    ("script", "which"),
    {
        "while true; do :; done": "calls",
        "x=a; while :; do x=$x$x; done": "memory",
        "f() { f; }; f": "nesting",
        "until false; do echo hello; done": "calls",
        "x=$(x=$(x=$(x=$(echo))))": "",
        "{ " * 400 + ":;" + " };" * 400: "nesting",
    }.items(),
)
def test_a_script_without_an_end_ends_by_budget(script: str, which: str, tmp_path: Path) -> None:
    (slice_,) = rehearse_script(tmp_path, f"#!/bin/sh\n{script}\n").slices
    if which:
        assert (slice_.outcome, slice_.call) == ("budget", which)
    else:
        assert slice_.outcome == "exit"


def test_bytes_that_are_not_utf_8_are_kept(tmp_path: Path) -> None:
    script = f"#!/bin/sh\nexec '{PYTHON}' 'caf\udce9' \"$@\"\n".encode("utf-8", "surrogateescape")
    (slice_,) = rehearse_script(tmp_path, script).slices
    assert slice_.argv[1] == "caf\udce9"
    json.dumps(slice_document(slice_))


@pytest.mark.skipif(BASH is None, reason="there is no bash to compare with")
def test_a_folder_reached_through_a_link_keeps_the_links_name(tmp_path: Path) -> None:
    script = (
        '#!/bin/bash\ncd "${0%/*}/../Link"\nA=$(pwd) B=$(pwd -P)\ncd ..\n'
        'exec ./Frameworks/python "$A" "$B" "$(pwd)" "$PWD"\n'
    )
    for part in ("real", "guest"):
        contents = tmp_path / part / f"{NAME}.app" / "Contents"
        contents.mkdir(parents=True)
        (contents / "Link").symlink_to("Resources/deep")
    files = {"Resources/deep/file": ""}
    _, ((argv, _, folder),) = really(tmp_path / "real", script, files)
    (slice_,) = rehearse_script(tmp_path / "guest", script, files).slices
    assert list(slice_.argv[1:]) == argv[1:]
    assert argv[1:] == [f"{CONTENTS}/Link", f"{CONTENTS}/Resources/deep", CONTENTS, CONTENTS]
    assert slice_.working_directory == folder
