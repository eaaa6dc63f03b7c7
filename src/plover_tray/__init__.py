"""Why a Python app's menu bar icon is missing on macOS 26 and later, and how to bring it back."""

from .api import (
    CheckResult,
    FixResult,
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
from .errors import PloverTrayError
from .findings import Finding, Severity

__version__ = "0.1.0"

__all__ = [
    "AppBundle",
    "CheckResult",
    "Finding",
    "FixResult",
    "PloverTrayError",
    "Severity",
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
