"""What rules find: the one shape in which facts about a bundle reach people and machines."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """The app will not work as it should; `check` exits with 1."""
    WARNING = "warning"
    """The app works for some users, or will stop working; exit 0."""
    NOTE = "note"
    """Worth knowing; nothing to do."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing a rule has to say about one place in a bundle."""

    code: str
    """The rule's code, such as `ID101`; its meaning never changes."""
    severity: Severity
    path: str
    """Path inside the bundle with `/` between names; empty for the bundle itself."""
    message: str
    """One line: what is wrong."""
    evidence: tuple[str, ...]
    """What was read, one thing each, so that a reader can check it; none is empty."""
    mend: str
    """What to do next, in one line."""
