"""SARIF: what OASIS' format asks for, as far as code scanning reads it."""

import json
from urllib.parse import unquote_to_bytes

from plover_tray import rules
from plover_tray.checking import CheckResult
from report.results import HOSTILE, with_hostile_names, written


def test_every_result_names_a_rule_that_the_document_holds(result: CheckResult) -> None:
    document = json.loads(written(result, "sarif"))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    described = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in described] == list(rules.REGISTRY)
    assert len(run["results"]) == len(result.findings)
    for entry, finding in zip(run["results"], result.findings, strict=True):
        assert described[entry["ruleIndex"]]["id"] == entry["ruleId"] == finding.code
        assert entry["level"] == str(finding.severity)
        assert entry["message"]["text"].startswith(finding.message)


def test_levels_are_those_that_sarif_has(result: CheckResult) -> None:
    (run,) = json.loads(written(result, "sarif"))["runs"]
    levels = {rule["defaultConfiguration"]["level"] for rule in run["tool"]["driver"]["rules"]}
    assert levels <= {"none", "note", "warning", "error"}
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"].endswith(".")
        assert rule["name"].isidentifier()


def test_paths_are_relative_uris_with_the_bundle_as_base(result: CheckResult) -> None:
    (run,) = json.loads(written(result, "sarif"))["runs"]
    base = run["originalUriBaseIds"]["BUNDLE"]["uri"]
    assert base.startswith("file:///")
    assert base.endswith("Hello%20Tray.app/")
    place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "Contents/MacOS/Hello%20Tray", "uriBaseId": "BUNDLE"}


def test_any_file_name_becomes_a_uri_of_its_bytes(result: CheckResult) -> None:
    text = written(with_hostile_names(result), "sarif")
    assert text.isascii()
    (run,) = json.loads(text)["runs"]
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.isascii()
    assert uri.isprintable()
    assert unquote_to_bytes(uri) == HOSTILE.encode("utf-8", "surrogateescape")
