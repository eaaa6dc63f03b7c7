"""How a rehearsal ends: exceptions that carry the outcome from a model to the top."""

import os
from collections.abc import Sequence

from .result import Outcome

RAISE_OWN_ERRORS = "PLOVER_TRAY_RAISE_OWN_ERRORS"
"""Environment variable: where it is 1, an error of plover-tray's own in a model is raised as it is,
not told as an end. The project's tests set it, so that no test takes one for a verdict."""


class Ended(Exception):  # noqa: N818 - an end, not an error
    """The process under rehearsal has come to its end, one way or another."""

    def __init__(
        self,
        outcome: Outcome,
        message: str,
        *,
        call: str | None = None,
        target: str | None = None,
        argv: Sequence[str] = (),
        environment: Sequence[bytes] | None = None,
        error: Exception | None = None,
    ) -> None:
        """`environment` is that of the new program, as `NAME=value`; None: the process' own.

        `error` is one of plover-tray's own that made this end.
        """
        super().__init__(message)
        self.outcome = outcome
        self.message = message
        self.call = call
        self.target = target
        self.argv = tuple(argv)
        self.environment = environment
        self.error = error


class GuestFault(Exception):  # noqa: N818 - the guest's, not ours
    """The guest, or a model on its behalf, touched memory that is not there."""

    def __init__(self, address: int, access: str) -> None:
        super().__init__(f"{access} at {address:#x}")
        self.address = address
        self.access = access


def unknown(name: str, why: str = "there is no model for it") -> Ended:
    """Make the end for a call that cannot be answered; the caller raises it."""
    return Ended(
        Outcome.UNKNOWN_CALL, f"It calls {name}, and {why}; what follows is not known.", call=name
    )


def own_error(what: str, call: str, error: Exception) -> Ended:
    """Make the end for an error of plover-tray's own in `what`; the caller raises it.

    Raises the error itself under PLOVER_TRAY_RAISE_OWN_ERRORS=1.
    """
    if os.environ.get(RAISE_OWN_ERRORS) == "1":
        raise error
    return Ended(
        Outcome.UNKNOWN_CALL,
        f"The rehearsal ends here: an error of plover-tray's own in {what} "
        f"({type(error).__name__}); what follows is not known. Please report it with what "
        "`plover-tray rehearse -vv` prints.",
        call=call,
        error=error,
    )
