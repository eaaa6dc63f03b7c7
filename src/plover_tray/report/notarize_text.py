"""What Apple says of an app or DMG, for people, on stderr."""

from typing import TYPE_CHECKING

import click

from ..errors import show_path
from .console import remark, verbosity

if TYPE_CHECKING:
    from ..notarization import Notarization, NotaryLog
    from ..notarization.events import NotarizationEvent

MOST = 20
"""Files of Apple's log printed without -v."""


def show_event(event: "NotarizationEvent") -> None:
    """A line for each thing that happens between here and Apple."""
    remark(f"  {event.text}")


def show(verdict: "Notarization") -> None:
    """The verdict, and what it means for the file."""
    show_verdict(verdict)
    if not verdict.accepted:
        remark(f"{show_path(verdict.path.name)} is not stapled.")


def show_verdict(verdict: "Notarization") -> None:
    """What Apple says, and for anything but Accepted why, by file, with what to do."""
    remark(f"Apple's verdict on {show_path(verdict.path.name)}: {verdict.status}.")
    if verdict.log is not None and not verdict.accepted:
        _show_log(verdict.log)


def _show_log(log: "NotaryLog") -> None:
    """Apple's issues by file."""
    if log.summary:
        remark(f"  {show_path(log.summary)}")
    files = list(log.by_file.items())
    listed = files if verbosity() > 0 else files[:MOST]
    for path, issues in listed:
        click.echo(show_path(path) or "(no file)", err=True)
        for issue in issues:
            arch = f" ({show_path(issue.architecture)})" if issue.architecture else ""
            line = f"  {show_path(issue.severity)}{arch}: {show_path(issue.message)}"
            click.echo(line, err=True)
            if issue.mend:
                code = f" ({issue.code})" if issue.code else ""
                click.echo(f"    Next: {issue.mend}{code}", err=True)
    if len(files) > len(listed):
        click.echo(f"and {len(files) - len(listed)} more files; -v shows all.", err=True)
