"""A fix for people: the plan with its reasons on stdout, what was done on stderr."""

from typing import TYPE_CHECKING

from ..errors import show_path
from . import sign_text
from .console import line, remark, stdout, verbosity

if TYPE_CHECKING:
    from ..fixing.plan import FixPlan
    from ..fixing.result import FixResult


def show(result: "FixResult", *, dry_run: bool) -> None:
    """Print the plan, and what was written and kept."""
    plan, committed = result.plan, result.committed
    _show_plan(plan, dry_run=dry_run)
    if result.sealed is not None:
        sign_text.show_seal(result.sealed)
    if committed is None:
        return
    word = "Copied unchanged to" if plan.nothing_to_do else "Fixed:"
    remark(f"{word} {show_path(committed.output)}")
    if committed.backup is not None:
        remark(f"The old one is kept as {show_path(committed.backup)}")
    if not plan.nothing_to_do:
        remark("Next: plover-tray check; sign with your identity; plover-tray probe on a Mac.")


def _show_plan(plan: "FixPlan", *, dry_run: bool) -> None:
    if verbosity() < 0:
        return
    console = stdout()
    line(console, "", plan.state, "bold")
    for number, step in enumerate(plan.steps, 1):
        line(console, f"{number:>3}. ", show_path(step.path))
        line(console, "     ", show_path(step.what))
        line(console, "     ", show_path(step.why), "dim")
    for sentence in plan.left_out:
        line(console, "  Left out: ", show_path(sentence))
    for note in plan.notes:
        line(console, "  Note: ", show_path(note))
    if dry_run:
        console.print("Dry run: nothing was changed.", markup=False)
