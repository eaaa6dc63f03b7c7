"""JSON of check and rehearse against the schemas that the package ships."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from apps.broken import BROKEN, sound
from apps.bundles import HELLO_AGAIN, make_bundle
from rules.checking import hosted, told, with_our_configuration

from plover_tray import rules
from plover_tray.bundle.app_bundle import AppBundle
from plover_tray.checking import CheckResult
from plover_tray.rehearsal import PythonStart, Rehearsal, rehearse
from plover_tray.report import check_json, rehearse_json
from plover_tray.schemas import schema_of
from report.results import HOSTILE, result_of, with_hostile_names, written


def valid(data: object, name: str) -> None:
    text = schema_of(name)
    jsonschema.Draft202012Validator.check_schema(text)
    jsonschema.Draft202012Validator(text).validate(data)


def test_a_check_is_as_its_schema_says(result: CheckResult) -> None:
    data = json.loads(written(result, "json"))
    valid(data, "check")
    assert data["schema"] == 2
    assert data["bundle"]["identifier"] == "org.example.hello-tray"
    assert data["bundle"]["executable"] == "Contents/MacOS/Hello Tray"
    assert data["bundle"]["kind"] == "exec-stub"
    assert data["bundle"]["architectures"] == ["x86_64", "arm64"]
    assert data["bundle"]["python"]["version"] == "3.13"
    assert data["summary"] == {"errors": 2, "warnings": 1, "notes": 1}
    first = data["findings"][0]
    assert list(first) == ["code", "severity", "path", "message", "evidence", "mend"]
    assert (first["code"], first["severity"]) == ("ID101", "error")


def test_the_schema_is_not_so_wide_that_anything_fits(result: CheckResult) -> None:
    changes: list[dict[str, Any]] = [
        {"schema": 1},
        {"findings": [{}]},
        {"summary": {}},
        {"bundle": {**check_json.document(result)["bundle"], "kind": "nonsense"}},
    ]
    for change in changes:
        with pytest.raises(jsonschema.ValidationError):
            valid({**check_json.document(result), **change}, "check")


@pytest.mark.parametrize("kind", ["missing", "symlink", "sh", "env-python"])
def test_kinds_of_main_executable_are_in_the_schema(kind: str, tmp_path: Path) -> None:
    bundle = AppBundle.open(make_bundle(tmp_path, kind))
    data = check_json.document(CheckResult(bundle, None, tuple(rules.run(bundle, None))))
    valid(data, "check")
    names = {"sh": "shell-script", "env-python": "script"}
    assert data["bundle"]["kind"] == names.get(kind, kind)


def test_outcomes_of_the_rehearsal_become_kinds(tmp_path: Path) -> None:
    path = sound(tmp_path)
    kinds = {}
    for outcome in ("exec", "spawn", "python", "exit", "unknown-call", "budget", "fault"):
        data = check_json.document(CheckResult(AppBundle.open(path), told(outcome), ()))
        valid(data, "check")
        kinds[outcome] = data["bundle"]["kind"]
    assert kinds == {
        "exec": "exec-stub",
        "spawn": "child-process",
        "python": "in-process",
        **dict.fromkeys(("exit", "unknown-call", "budget", "fault"), "unknown"),
    }
    with_our_configuration(path)
    data = check_json.document(CheckResult(AppBundle.open(path), hosted(path, "-m", "x"), ()))
    valid(data, "check")
    assert data["bundle"]["kind"] == "plover-tray"


@pytest.mark.parametrize("name", ["no-executable-key", "no-runtime", "identifier-is-a-number"])
def test_what_a_broken_bundle_lacks_is_null(name: str, tmp_path: Path) -> None:
    bundle = AppBundle.open(BROKEN[name](tmp_path))
    valid(check_json.document(CheckResult(bundle, None, tuple(rules.run(bundle, None)))), "check")


def test_any_file_name_survives_exactly_in_plain_ascii(result: CheckResult) -> None:
    text = written(with_hostile_names(result), "json")
    assert text.isascii()
    assert json.loads(text)["findings"][0]["path"] == HOSTILE


def test_the_real_plover_is_as_the_schema_says(plover_app: Path) -> None:
    data = check_json.document(result_of(plover_app))
    valid(data, "check")
    assert data["bundle"]["identifier"] == "org.openstenoproject.plover"
    assert data["bundle"]["qt"] == "6.12"


@pytest.mark.parametrize("kind", ["plover-5.2", "dlopen", "posix-spawn", "unknown-call", "exits"])
def test_a_rehearsal_is_as_its_schema_says(kind: str, tmp_path: Path) -> None:
    data = rehearse_json.document(rehearse(make_bundle(tmp_path, kind, app=HELLO_AGAIN)))
    valid(json.loads(json.dumps(data)), "rehearse")


def test_a_rehearsal_with_nothing_and_with_everything_is_as_its_schema_says() -> None:
    valid(rehearse_json.document(Rehearsal(())), "rehearse")
    start = PythonStart("Py_RunMain", ("a",), "a", None, {"home": "x"}, "module a")
    full = told("python", python=start, environment={"A": None, "B": "1"})
    valid(rehearse_json.document(full), "rehearse")
    odd = replace(full.slices[0], arch=1)  # type: ignore[arg-type]
    with pytest.raises(jsonschema.ValidationError):
        valid(rehearse_json.document(Rehearsal((odd,))), "rehearse")
