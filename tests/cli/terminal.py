"""A terminal for the command line: in go its words, out comes what was written and what stays.

Knows what rich writes: carriage return, line feed, cursor up, erase line.
"""

import os
import pty
import re
import sys
from dataclasses import dataclass
from pathlib import Path

_PIECE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n])")


@dataclass(frozen=True)
class Session:
    """One command, run to its end."""

    status: int
    written: tuple[str, ...]
    """Each line as it was written, with what was drawn over later."""
    screen: tuple[str, ...]
    """The lines that stayed."""


def on_a_terminal(*words: str | Path) -> Session:
    """Run plover-tray with a terminal of 100 columns for stdin, stdout and stderr."""
    child, master = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLUMNS="100")
        command = [sys.executable, "-m", "plover_tray", *map(str, words)]
        os.execv(sys.executable, command)
    data = bytearray()
    while True:
        try:
            part = os.read(master, 1 << 16)
        except OSError:  # how Linux says that nobody writes any more
            break
        if not part:
            break
        data += part
    os.close(master)
    _, status = os.waitpid(child, 0)
    text = data.decode()
    written = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in re.split(r"[\r\n]", text)]
    return Session(os.waitstatus_to_exitcode(status), tuple(written), tuple(_screen(text)))


def _screen(text: str) -> list[str]:
    lines, row, column = [""], 0, 0
    for argument, verb, home, feed, character in _PIECE.findall(text):
        if verb == "A":
            row -= int(argument or 1)
        elif verb == "K":
            lines[row] = ""
        elif home:
            column = 0
        elif feed:
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif character:
            lines[row] = lines[row].ljust(column)
            lines[row] = lines[row][:column] + character + lines[row][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines]
