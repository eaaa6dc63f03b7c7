"""Entitlements as JSON: whatever a property list holds becomes something that JSON has."""

import json
from datetime import datetime

from plover_tray.report.verify_json import plain


def test_what_json_lacks_becomes_text_however_deep_it_lies() -> None:
    value = {"a": [True, {"b": b"x"}], "c": datetime(2026, 1, 2), "d": 1.5, "e": 3, "f": "g"}
    assert json.loads(json.dumps(plain(value))) == {
        "a": [True, {"b": "b'x'"}],
        "c": "2026-01-02 00:00:00",
        "d": "1.5",
        "e": 3,
        "f": "g",
    }
