"""A release at its end, for people, on stderr: what stopped it, its steps, the result."""

from typing import TYPE_CHECKING

import click

from ..errors import show_path
from .console import remark, stderr, verbosity
from .notarize_text import show_verdict
from .release_progress import STATES
from .release_words import words_of

if TYPE_CHECKING:
    from ..releasing import Release


def show(release: "Release", *, findings: bool = True, table: bool = True) -> None:
    """Print it; without `findings` or `table` where stdout tells the same to a program."""
    if findings and verbosity() >= 0:
        for finding in release.findings:
            where = show_path(finding.path) or "the bundle"
            click.echo(f"{finding.code} {where}: {show_path(finding.message)}", err=True)
    if release.verdict is not None:
        show_verdict(release.verdict)
    for step in release.steps:
        for problem in step.details.get("problems", ()):
            click.echo(f"{step.name}: {show_path(problem)}", err=True)
    if table and verbosity() >= 0:
        _show_table(release)
    for step in release.steps:
        if step.state == "failed":
            click.echo(f"Stopped at {step.name}: {words_of(step, release.app)}.", err=True)
            remark("Next: repair what is said above, and run the same command again.")


def _show_table(release: "Release") -> None:
    from rich.table import Table
    from rich.text import Text as Line

    table = Table(box=None, pad_edge=False)
    for column in ("step", "state", "seconds", "what"):
        table.add_column(column, justify="right" if column == "seconds" else "left")
    for step in release.steps:
        words = Line(words_of(step, release.app))
        table.add_row(step.name, STATES.get(step.state, step.state), f"{step.seconds:.1f}", words)
    stderr().print(table)
    if release.ok:
        remark(
            f"Released: {show_path(release.dmg)}, {release.dmg.stat().st_size / 1e6:.1f} MB; "
            f"the record is {show_path(release.record.name)}."
        )
