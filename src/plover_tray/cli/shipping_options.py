"""Options and lines that `notarize` and `release` share."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..bundle.app_bundle import show_path
from ..report.console import remark, stderr, verbosity
from .context import Seconds, SomePath, Text

if TYPE_CHECKING:
    from ..image import DmgProgress
    from ..notarization import Notarization, NotaryCredentials
    from ..notarization.events import NotarizationEvent
    from ..notarization.log import Issue, NotaryLog

F = TypeVar("F", bound=Callable[..., Any])

MOST = 20
"""Files of Apple's log printed without -v."""


def notary_options(function: F) -> F:
    """Who asks Apple, and through what."""
    for option in (
        click.option(
            "--notary",
            type=click.Choice(["auto", "notarytool", "rcodesign"]),
            default="auto",
            show_default=True,
            help="auto: notarytool on a Mac, rcodesign elsewhere.",
        ),
        click.option(
            "--api-key",
            type=SomePath(),
            help="AuthKey_ID.p8 of App Store Connect. Also PLOVER_TRAY_API_KEY; or its text in "
            "PLOVER_TRAY_API_KEY_TEXT.",
        ),
        click.option(
            "--api-key-id", type=Text(), metavar="ID", help="Also PLOVER_TRAY_API_KEY_ID."
        ),
        click.option(
            "--api-issuer", type=Text(), metavar="ID", help="Also PLOVER_TRAY_API_ISSUER."
        ),
        click.option(
            "--keychain-profile",
            type=Text(),
            metavar="NAME",
            help="On a Mac: of `xcrun notarytool store-credentials`. Also "
            "PLOVER_TRAY_KEYCHAIN_PROFILE.",
        ),
        click.option(
            "--timeout",
            type=Seconds(min=0, min_open=True),
            help="Seconds to wait for Apple's verdict. [default: 3600]",
        ),
    ):
        function = option(function)
    return function


def credentials_of(
    api_key: Path | None,
    api_key_id: str | None,
    api_issuer: str | None,
    keychain_profile: str | None,
) -> "NotaryCredentials":
    """The credentials that the options and the environment give."""
    from ..notarization import notary_credentials

    return notary_credentials(
        api_key=api_key, key_id=api_key_id, issuer=api_issuer, keychain_profile=keychain_profile
    )


def tell(event: "NotarizationEvent") -> None:
    """A line for each thing that happens."""
    remark(f"  {event.text}")


def print_verdict(verdict: "Notarization") -> None:
    """What Apple says, and for anything but Accepted why, by file, with what to do."""
    remark(f"Apple's verdict on {show_path(verdict.path.name)}: {verdict.status}.")
    if verdict.log is not None and not verdict.accepted:
        print_log(verdict.log)


def print_log(log: "NotaryLog") -> None:
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
                code = f"{issue.code}: " if issue.code else ""
                click.echo(f"    {code}{issue.mend}", err=True)
    if len(files) > len(listed):
        click.echo(f"and {len(files) - len(listed)} more files; -v shows all.", err=True)


def verdict_document(verdict: "Notarization") -> dict[str, object]:
    """The verdict for machines, schema 1."""
    log = verdict.log
    return {
        "schema": 1,
        "path": str(verdict.path),
        "digest": verdict.digest,
        "submission": verdict.submission,
        "status": str(verdict.status),
        "resumed": verdict.resumed,
        "summary": log.summary if log else "",
        "issues": [_issue(issue) for issue in log.issues] if log else [],
    }


def _issue(issue: "Issue") -> dict[str, str]:
    return {
        "path": issue.path,
        "architecture": issue.architecture,
        "severity": issue.severity,
        "message": issue.message,
        "url": issue.url,
        "code": issue.code,
        "mend": issue.mend,
    }


@contextlib.contextmanager
def image_progress() -> Iterator[Callable[["DmgProgress"], object]]:
    """A progress bar for making an image, step by step."""
    if verbosity() < 0 or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=stderr(), transient=True) as bar:
        task = bar.add_task("Making the image", total=None)
        yield lambda event: bar.update(
            task, description=event.step, completed=event.done, total=event.total or None
        )
