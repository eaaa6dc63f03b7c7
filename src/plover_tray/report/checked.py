"""The shape of what is reported on: `plover_tray.CheckResult` has it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from ..bundle.app_bundle import AppBundle
from ..findings import Finding

if TYPE_CHECKING:
    from ..rehearsal.result import Rehearsal


class Checked(Protocol):
    """What a check gives."""

    @property
    def bundle(self) -> AppBundle:
        """The bundle that was checked."""

    @property
    def rehearsal(self) -> "Rehearsal | None":
        """Its rehearsal; None where there was nothing to rehearse."""

    @property
    def findings(self) -> Sequence[Finding]:
        """What the rules found, in the order to be shown."""
