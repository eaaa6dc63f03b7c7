"""Why a Python app's menu bar icon is missing on macOS 26 and later, and how to bring it back."""

import importlib
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from .comparing import Comparison
    from .image import DmgReport
    from .notarization import Notarization, NotaryCredentials
    from .rehearsal import Rehearsal
    from .releasing import Release, ReleaseOptions
    from .rules import Rule
    from .signature.verification import Verification
    from .signing.credentials import Credentials
    from .signing.options import SignOptions, SignReport
    from .tray.probe import ProbeResult

__all__ = [
    "AppBundle",
    "CheckResult",
    "Comparison",
    "Credentials",
    "DmgReport",
    "Finding",
    "FixResult",
    "Notarization",
    "NotaryCredentials",
    "PloverTrayError",
    "ProbeResult",
    "Rehearsal",
    "Release",
    "ReleaseOptions",
    "Rule",
    "Severity",
    "SignOptions",
    "SignReport",
    "Verification",
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

_PLACES = {
    "Comparison": "comparing",
    "Credentials": "signing.credentials",
    "DmgReport": "image",
    "Notarization": "notarization",
    "NotaryCredentials": "notarization",
    "ProbeResult": "tray.probe",
    "Rehearsal": "rehearsal",
    "Release": "releasing",
    "ReleaseOptions": "releasing",
    "Rule": "rules",
    "SignOptions": "signing.options",
    "SignReport": "signing.options",
    "Verification": "signature.verification",
}
"""The modules of types that are imported when they are asked for: theirs are heavy."""


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
