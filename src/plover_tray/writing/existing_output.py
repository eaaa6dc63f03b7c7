"""The error for an output that is there already: the same words, whoever would have replaced it."""

from pathlib import Path

from ..errors import OutputExistsError, show_path

REMOVE = "Remove it, or choose another name."


def exists_already(output: Path, *, mend: str = REMOVE, whose: str = "") -> OutputExistsError:
    """The error for `output`; `mend` is the next step where an option does more than removing.

    `whose` says more of what is there, such as `no release made it`.
    """
    more = f", and {whose}" if whose else ""
    return OutputExistsError(f"{show_path(output)} exists already{more}.", mend=mend)
