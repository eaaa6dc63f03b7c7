"""How a rehearsal ends: exceptions that carry the outcome from a model to the top."""

from collections.abc import Sequence

from .result import Outcome


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
    ) -> None:
        """`environment` is that of the new program, as `NAME=value`; None: the process' own."""
        super().__init__(message)
        self.outcome = outcome
        self.message = message
        self.call = call
        self.target = target
        self.argv = tuple(argv)
        self.environment = environment


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
