"""What a fix has left out of what the old main executable did."""

from collections.abc import Iterator

from ..facts.facts import Facts
from ..findings import Finding, Severity
from .rule import Rule


class LeftOut(Rule):
    """ID109"""

    code = "ID109"
    title = "The main executable that was replaced did more than start Python"
    severity = Severity.NOTE
    meaning = (
        "The launcher hosts Python; the script or program that it replaced also made files, set "
        "limits, sent output elsewhere, or ran other programs."
    )
    why = "What nobody does any more may be missed: a folder, a log, a restart after an update."
    mend = "Do it in the app's own code, before its first window; then this note has done its work."
    source = "The rehearsal of the old main executable, kept by `fix` under the bundle's seal."
    example = 'PloverTray > LeftOut: ["It set a limit (`ulimit -n 4096`); ..."]'

    def find(self, facts: Facts) -> Iterator[Finding]:
        """See Rule."""
        config = facts.bundle.config
        for sentence in config.left_out if config is not None else ():
            yield self.finding(facts.bundle.executable or "", sentence)


RULES = (LeftOut(),)
