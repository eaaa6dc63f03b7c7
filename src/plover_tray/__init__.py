"""Why a Python app's menu bar icon is missing on macOS 26 and later, and how to bring it back."""

from ._version import __version__
from .api import (
    check,
    diff,
    dmg,
    explain,
    fix,
    notarize,
    probe,
    rehearse,
    release,
    sign,
    verify,
)
from .bundle.app_bundle import AppBundle
from .checking import CheckResult
from .errors import PloverTrayError
from .findings import Finding, Severity
from .fixing.result import FixResult

__all__ = [
    "AppBundle",
    "CheckResult",
    "Finding",
    "FixResult",
    "PloverTrayError",
    "Severity",
    "__version__",
    "check",
    "diff",
    "dmg",
    "explain",
    "fix",
    "notarize",
    "probe",
    "rehearse",
    "release",
    "sign",
    "verify",
]
