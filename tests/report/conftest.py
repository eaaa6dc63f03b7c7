"""One bundle for all reports."""

from pathlib import Path

import pytest
from apps.bundles import HELLO_AGAIN, make_bundle

from plover_tray.checking import CheckResult
from report.results import result_of


@pytest.fixture(scope="session")
def stub_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exec stub before a module that starts Python again."""
    return make_bundle(tmp_path_factory.mktemp("report"), app=HELLO_AGAIN)


@pytest.fixture(scope="session")
def result(stub_bundle: Path) -> CheckResult:
    return result_of(stub_bundle)
