"""The command line: parses, calls the API, hands the result to `report`. One module a command."""

import contextlib
import errno
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from ..errors import PloverTrayError, StagingError
from ..interrupts import interrupt_once
from ..report import error_json, error_text
from ..report.console import print_json, set_verbosity, verbosity
from . import (
    check,
    completion,
    diff,
    dmg,
    explain,
    fix,
    notarize,
    probe,
    rehearse,
    release,
    schema,
    sign,
    verify,
)
from .context import CONTEXT_SETTINGS
from .json_errors import asks_for_json
from .process_environment import open_standard_streams, run_in_utf_8

INTERRUPTED = 130
INTERNAL_ERROR = 3
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


@click.group(context_settings=CONTEXT_SETTINGS)
@click.version_option(package_name="plover-tray", prog_name="plover-tray")
def cli() -> None:
    """Find out why a Python app's menu bar icon is missing on macOS, and repair the app.

    \b
    plover-tray check Plover.app          what is wrong, and why
    plover-tray rehearse Plover.app       what its main executable would do
    plover-tray fix Plover.app -o Fixed.app
    plover-tray sign Fixed.app --in-place --identity "Developer ID Application: ..."
    plover-tray verify Fixed.app          does the seal hold?
    plover-tray release Plover.app        the whole way to a signed, notarized DMG
    plover-tray probe Fixed.app           start it: is the icon really shown?
    plover-tray explain ID101             one finding, in full

    Works on macOS and Linux. Exit status: 0 all well, 1 something found, 2 could not be done.
    """


for command in (
    check.command,
    rehearse.command,
    fix.command,
    sign.command,
    verify.command,
    dmg.command,
    notarize.command,
    release.command,
    probe.command,
    diff.command,
    explain.command,
    schema.command,
    completion.command,
):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line; every error a person can cause becomes one line and an exit status.

    Where JSON was asked for, the error is a document on stdout as well.
    """
    open_standard_streams()
    set_verbosity(0)
    if arguments is None:
        run_in_utf_8()
    interrupt_once(_tidying)
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = cli.main(args=arguments, prog_name="plover-tray", standalone_mode=False)
        sys.stdout.flush()
    except PloverTrayError as error:
        error_text.show(error)
        _end(words, error.exit_code, error.message, error.mend)
    except click.UsageError as error:
        message, mend = _show_usage(error)
        _end(words, error.exit_code, message, mend)
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # click makes a 1 of it
            _discard_stdout()
            sys.exit(141)
        raise
    except (KeyboardInterrupt, click.Abort):
        click.echo("plover-tray: interrupted; nothing was left half-written.", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        _discard_stdout()
        sys.exit(141)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _FULL and error.filename is None:
            error_text.show(StagingError(f"The output could not be written: {error.strerror}."))
            _discard_stdout()
            sys.exit(StagingError.exit_code)
        if verbosity() > 1:
            raise
        name = type(error).__name__
        message = f"internal error ({name}: {' '.join(str(error).split())})."
        mend = "Please report it with what -vv prints."
        error_text.show_line("plover-tray", f"{message} {mend}")
        _end(words, INTERNAL_ERROR, message, mend)
    sys.exit(result if isinstance(result, int) else 0)


def _discard_stdout() -> None:
    """Let nothing that is still in the buffer raise again at the end of the program."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show_usage(error: click.UsageError) -> tuple[str, str]:
    """Say what is wrong with the command line; returns that and the next step."""
    command = error.ctx.command_path if error.ctx else "plover-tray"
    mend = f"See `{command} --help`."
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return "No command is given.", mend
    line = " ".join(error.format_message().split())
    line += "" if line[-1:] in (".", "?", ")") and not line.startswith("Got ") else "."
    error_text.show_line(command, f"{line} {mend}")
    return line, mend


def _end(words: Sequence[str], exit_code: int, message: str, mend: str) -> NoReturn:
    """Leave with an exit status, and say why as JSON if the command line asked for that."""
    if asks_for_json(words):
        with contextlib.suppress(OSError):  # stderr has it already
            print_json(error_json.document(message, mend, exit_code))
            sys.stdout.flush()
    sys.exit(exit_code)


def _tidying() -> None:
    """Say so from within a signal's handler, where a stream's buffer may be in use."""
    with contextlib.suppress(OSError):
        os.write(2, b"plover-tray: interrupted; tidying up...\n")
