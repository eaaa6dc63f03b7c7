"""What a fix did, or would do."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..signing.options import SignReport
    from ..writing.staging import Committed
    from .plan import FixPlan


@dataclass(frozen=True, slots=True)
class FixResult:
    """What `fix` did, or would do."""

    plan: "FixPlan"
    committed: "Committed | None"
    """None after a dry run, or where nothing had to be written."""
    sealed: "SignReport | None" = None
    """What sealing did; None where nothing was sealed."""
