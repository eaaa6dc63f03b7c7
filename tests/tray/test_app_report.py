"""Reports of apps: what is none, is none."""

import json
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from plover_tray.tray.app_report import read_app_report

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_a_report_that_is_none_is_no_report(value: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "report.json")
        file.write_text(json.dumps(value))
        assert read_app_report(file) is None
