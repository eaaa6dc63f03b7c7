"""What the notary's tools say when they fail: in goes their output, out comes an error that says
what to do, and whether trying again can help.
"""

import re
from dataclasses import dataclass

from ..errors import ToolError
from ..tools.program import Ran


class NotaryError(ToolError):
    """The notary service, or the tool that asks it, says no."""


class NetworkError(NotaryError):
    """The service was not reached, or was not well; trying again can help."""


@dataclass(frozen=True, slots=True)
class _Known:
    pattern: re.Pattern[str]
    mend: str
    network: bool = False


def _known(pattern: str, mend: str, *, network: bool = False) -> _Known:
    return _Known(re.compile(pattern, re.IGNORECASE), mend, network)


KNOWN = (
    _known(
        r"status code: 401|401 unauthorized|NOT_AUTHORIZED|unauthenticated",
        "Apple does not accept the credentials: check key ID, issuer and key in App Store Connect "
        "(the key may be revoked), and this computer's clock.",
    ),
    _known(
        r"status code: 403|403 forbidden|agreement is missing or has expired",
        "The account is not allowed to notarize: accept the agreements at developer.apple.com, "
        "and give the key the role Developer.",
    ),
    _known(
        r"no keychain password item found|keychain profile",
        "Save the credentials first: `xcrun notarytool store-credentials PROFILE`.",
    ),
    _known(
        r"unable to find utility|invalid active developer path|requires xcode",
        "Install Xcode 13 or later, and select it with `xcode-select`.",
    ),
    _known(
        r"submission does not exist|status code: 404|404 not found",
        "Apple does not know this submission.",
    ),
    _known(
        r"NSURLErrorDomain|internet connection appears to be offline|network connection was lost|"
        r"request timed out|timed out|timeout|could not connect|connection (reset|refused|closed)|"
        r"error sending request|dns error|dispatch failure|abortedUpload|deadlineExceeded|"
        r"status code: (429|5\d\d)|\b50[0234] [A-Z]|too many requests|temporary failure|"
        r"broken pipe|unexpected eof",
        "Check the network connection, then run the same command again: nothing is sent twice.",
        network=True,
    ),
)
"""Known from notarytool's manual and its users' reports (electron/notarize#173, briefcase#2883),
and from the sources of apple-platform-rs; the first that fits decides."""


def error_of(ran: Ran, doing: str, *, name: str = "") -> NotaryError:
    """The error for what a tool said while `doing` something; `name` is the tool's within xcrun."""
    said = ran.complaint.rstrip(".") or f"it ended with {ran.code}"
    message = f"{name or ran.name} could not {doing}: {said}."
    for known in KNOWN:
        if known.pattern.search(ran.text):
            kind = NetworkError if known.network else NotaryError
            return kind(message, mend=known.mend, output=ran.text)
    return NotaryError(message, mend="-v shows its whole output.", output=ran.text)
