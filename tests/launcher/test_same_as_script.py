"""A fixed app starts as its old launcher script did: the same arguments, environment and folder.

Comes in: generated scripts. Each is run by the real bash, and what `fix` makes of it by the real
launcher built against GNUstep, with the same home. What `fix` asks about is no difference.
`PLOVER_TRAY_SCRIPTS` is the number of scripts for each seed.
"""

import json
import os
import random
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from apps.bundles import make_bundle

import plover_tray
from launcher.matrix import Bundle, Case, clean_environment, lay_bundle
from plover_tray.errors import FixError

SCRIPTS = int(os.environ.get("PLOVER_TRAY_SCRIPTS", "8"))
PYTHON = "Frameworks/Python.framework/Versions/3.13/bin/python3.13"
SHELLS_OWN = {"PWD", "OLDPWD", "SHLVL", "_"}
"""What bash exports for itself; no program is told anything by it."""

REPORTER = f"""#!{sys.executable} -I
import json, os, sys
print(json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]))
"""

PIECES = (
    *("$HOME", "$USER", "$LOGNAME", "$TMPDIR", "$PATH", "$D", "$SHELL", "$(id -u)"),
    *("$V1", "$V2", "${V3:-none}", "${V1%x}", '$(dirname "$D")', '$(basename "$0")'),
    *("plain", "two words", "é", "", "a=b", "\\${HOME}", "\\$HOME", "{}", ":", "/", "--flag="),
)
FOLDERS = ('"$HOME"', '"$D/Resources"', "~", '"$D/.."')
"""`cd /` changes nothing for an app that is opened: macOS starts it there."""


def a_word(chance: random.Random) -> str:
    """A word in double quotes."""
    return '"' + "".join(chance.choices(PIECES, k=chance.randint(1, 3))) + '"'


def a_statement(chance: random.Random) -> str:
    name = f"V{chance.randint(1, 4)}"
    match chance.randint(0, 9):
        case 0 | 1 | 2:
            return f"export {name}={a_word(chance)}"
        case 3:
            return f"{name}={a_word(chance)}"
        case 4:
            return f"unset {chance.choice([name, 'GIVEN', 'LANG'])}"
        case 5:
            return 'export PATH="$D/Resources/bin:$PATH"'
        case 6:
            return f"cd {chance.choice(FOLDERS)}"
        case 7:
            return (
                f'if [ -n "${name}" ]; then export {name}=~/x; else export V1={a_word(chance)}; fi'
            )
        case 8:
            return f'for V4 in a b {a_word(chance)}; do export V2="$V2$V4"; done'
        case _:
            return f"export GIVEN={a_word(chance)} V2={a_word(chance)}"


def a_script(chance: random.Random) -> str:
    lines = ["#!/bin/bash", 'D="$(cd "$(dirname "$0")/.." && pwd)"']
    lines += [a_statement(chance) for _ in range(chance.randint(1, 6))]
    words = " ".join(a_word(chance) for _ in range(chance.randint(0, 2)))
    flags = chance.choice(["", "-s ", "-W ignore "])
    lines.append(f'exec "$D/{PYTHON}" {flags}-m hello_tray {words} "$@"')
    return "\n".join(lines) + "\n"


def told_by_bash(app: Path, script: str, environment: dict[str, str], folder: Path) -> Any:
    program = app / "Contents/MacOS/Hello Tray"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(script)
    program.chmod(0o755)
    python = app / "Contents" / PYTHON
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text(REPORTER)
    python.chmod(0o755)
    (app / "Contents/Resources").mkdir(exist_ok=True)
    done = subprocess.run(
        [program, "user's", "--x"],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    arguments, variables, where = json.loads(done.stdout)
    return arguments[arguments.index("hello_tray") + 1 :], variables, where


def told_by_launcher(bundle: Bundle, environment: dict[str, str], folder: Path) -> Any:
    found = bundle.report(bundle.app, "user's", "--x", env=environment, cwd=folder)
    return found["argv"][3:], found["environment"], found["cwd"]


def without_place(told: Any, app: Path) -> Any:
    """The same with one text for the bundle and one for its folder, and without bash's own."""
    arguments, variables, where = told
    kept = {name: text for name, text in variables.items() if name not in SHELLS_OWN}
    text = json.dumps([arguments, kept, where])
    return json.loads(text.replace(json.dumps(str(app))[1:-1], "BUNDLE"))


@pytest.mark.parametrize("seed", range(4))
def test_a_fixed_app_starts_as_its_script_did(
    seed: int, newest: Case, tmp_path: Path, x_display: str
) -> None:
    chance = random.Random(seed)
    folder = tmp_path / "a folder & é"
    folder.mkdir()
    environment = {
        **clean_environment(folder),
        "DISPLAY": x_display,
        "TMPDIR": f"{tmp_path}/",
        "SHELL": "/bin/bash",
        "GIVEN": "g",
        "USER": "ü ser",
        "LOGNAME": "log",
    }
    fixed = 0
    for number in range(SCRIPTS):
        script = a_script(chance)
        mac = make_bundle(tmp_path / f"mac{number}", "sh")
        (mac / "Contents/MacOS/Hello Tray").write_text(script)
        try:
            plan = plover_tray.fix(mac, dry_run=True).plan
        except FixError:
            continue
        assert plan.config is not None
        fixed += 1
        settings = {
            key: value
            for key, value in plan.config.to_plist().items()
            if key in ("Environment", "UnsetEnvironment", "Arguments", "Flags", "WorkingDirectory")
        }
        app = folder / f"Real {number}.app"
        wanted = told_by_bash(app, script, environment, tmp_path)
        launched = lay_bundle(folder, newest, settings={"Module": "hello_tray", **settings})
        (launched.contents / "Resources").mkdir(exist_ok=True)
        got = told_by_launcher(launched, environment, tmp_path)
        assert without_place(got, launched.path) == without_place(wanted, app), script
        shutil.rmtree(launched.path)
    assert fixed >= SCRIPTS // 2


def test_the_generated_scripts_are_ones_that_bash_takes() -> None:
    chance = random.Random(0)
    for _ in range(200):
        command = ["bash", "-n", "-c", a_script(chance)]
        assert subprocess.run(command, check=False).returncode == 0, shlex.join(command)
