"""Apple's log of a submission: in goes its JSON, out come issues by file, each with our mend.

The words of the messages are Apple's, known from logs in public reports (AutoPTZ/autoptz#59,
pyinstaller#4629, enso-org/enso#14644) and from "Resolving common notarization issues".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_ISSUES = 100_000
_MAX_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that Apple objects to."""

    path: str
    """As Apple names it: from the archive's name on."""
    architecture: str
    severity: str
    message: str
    url: str
    mend: str
    """What to do, where the message is known; else empty."""
    code: str
    """The rule of `check` that says the same, where there is one."""


@dataclass(frozen=True, slots=True)
class NotaryLog:
    """What Apple's log says."""

    status: str
    summary: str
    issues: tuple[Issue, ...]

    @property
    def by_file(self) -> Mapping[str, tuple[Issue, ...]]:
        """The issues of each file, in Apple's order."""
        files: dict[str, list[Issue]] = {}
        for issue in self.issues:
            files.setdefault(issue.path, []).append(issue)
        return {path: tuple(issues) for path, issues in files.items()}


@dataclass(frozen=True, slots=True)
class _Known:
    pattern: re.Pattern[str]
    code: str
    mend: str


_SIGN = "`plover-tray sign APP -o OUT --hardened` with --identity or --p12"
_DEVELOPER_ID = (
    'Sign with a "Developer ID Application" certificate: ' + _SIGN + " signs every Mach-O inside."
)

KNOWN = tuple(
    _Known(re.compile(pattern, re.IGNORECASE), code, mend)
    for pattern, code, mend in (
        (r"not signed with a valid Developer ID", "CS110", _DEVELOPER_ID),
        (r"hardened runtime", "CS113", f"{_SIGN}: --hardened was left out."),
        (
            r"secure timestamp",
            "CS113",
            "Sign without --no-timestamp, so that Apple's time stamp server confirms the time.",
        ),
        (
            r"get-task-allow",
            "CS112",
            "Take com.apple.security.get-task-allow out of the entitlements.",
        ),
        (
            r"signature of the binary is invalid",
            "CS103",
            "Changed after signing, or signed from outside in: `plover-tray verify APP` names it.",
        ),
        (r"binary is not signed", "CS101", f"{_SIGN} signs every Mach-O inside."),
        (
            r"uses an SDK older than",
            "",
            "Its makers must build it with a newer SDK (10.9 at least); or leave it out.",
        ),
        (r"unsealed contents|sealed resource", "CS103", "`plover-tray verify APP` names the file."),
        (
            r"bundle format is ambiguous|unrecognized",
            "CS109",
            "A framework has lost its links: `plover-tray sign` restores them.",
        ),
        (
            r"team (is|was|has) not.*notariz|not yet configured for notarization",
            "",
            "Apple has to allow this account to notarize: write to its developer support.",
        ),
        (
            r"package is invalid|archive is corrupt|unable to (open|unpack)",
            "",
            "The upload is damaged, or is not a zip, dmg or pkg: send it again with --again.",
        ),
    )
)


def parse_log(data: Mapping[str, Any]) -> NotaryLog:
    """The log that `notarytool log` or `rcodesign notary-log` gives; odd things are left out."""
    found = data.get("issues")
    issues = found if isinstance(found, list) else []
    return NotaryLog(
        status=_text(data.get("status")),
        summary=_text(data.get("statusSummary")),
        issues=tuple(_issue(item) for item in issues[:MAX_ISSUES] if isinstance(item, dict)),
    )


def _issue(item: Mapping[str, Any]) -> Issue:
    message = _text(item.get("message"))
    known = next((known for known in KNOWN if known.pattern.search(message)), None)
    return Issue(
        path=_text(item.get("path")),
        architecture=_text(item.get("architecture")),
        severity=_text(item.get("severity")) or "error",
        message=message,
        url=_text(item.get("docUrl")),
        mend=known.mend if known else "",
        code=known.code if known else "",
    )


def _text(value: object) -> str:
    return value[:_MAX_TEXT] if isinstance(value, str) else ""
