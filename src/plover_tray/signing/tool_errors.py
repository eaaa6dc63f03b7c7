"""Running codesign and rcodesign: in go arguments, out comes what was printed, or an error that
says what to do.
"""

from collections.abc import Callable, Sequence

from ..errors import ToolError
from ..tools.program import Program
from ..tools.secret import Secret

TIMEOUT = 900.0
"""Seconds for one call: a time stamp server can be slow, a keychain's dialog waits for ever."""
IF_LATE = "It may wait for a password dialog; unlock the keychain first."

KNOWN_FAILURES = {
    "errSecInternalComponent": (
        "The keychain is locked, or codesign may not use the key: `security unlock-keychain`, "
        "`security set-key-partition-list`."
    ),
    "no identity found": "`security find-identity -v -p codesigning` lists what there is.",
    "ambiguous (matches": "Two certificates have that name: give the fingerprint instead.",
    "timestamp service is not available": "Apple's time stamp server did not answer; try again.",
    "incorrect password": "The password does not fit the .p12 file.",
    "resource fork, Finder information": "`xattr -cr` on the bundle removes what is meant.",
}
"""What codesign and rcodesign print, and what to do then; known from their users' reports."""


def run_signer(tool: Program, arguments: Sequence[str], *, secret: Secret | None = None) -> str:
    """Run a signing tool and return what it printed. Raises ToolError where it fails."""
    ran = tool.run(arguments, timeout=TIMEOUT, if_late=IF_LATE, secret=secret)
    if ran.code:
        raise ran.failure(KNOWN_FAILURES)
    return ran.text


def retried(call: Callable[[], str], *, wait: Callable[[float], None]) -> str:
    """Call again, twice at most, where a time stamp server did not answer."""
    for seconds in (5.0, 20.0):
        try:
            return call()
        except ToolError as error:
            if "timestamp" not in error.output.lower():
                raise
            wait(seconds)
    return call()
