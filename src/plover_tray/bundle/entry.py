"""What Python is asked to run: in goes an interpreter's argv or a person's words, out an `Entry`.

The option grammar is CPython's own (`python --help-all`; `Python/getopt.c`): options end at the
first argument that is none, and `-c` and `-m` take all that follows for the program's arguments.
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..errors import EntryError

EntryKind = Literal["module", "script", "function", "code"]

_FLAGS = set("bBdEiIOPqRsStuvx")
"""Options without a value; `-t` does nothing, but CPython takes it (seen here, 3.11 to 3.13)."""
_FLAGS_WITH_VALUE = set("WX")
_LONG_WITH_VALUE = {"--check-hash-based-pycs": {"always", "default", "never"}}
_NO_PROGRAM = set("hV?J")
"""Options after which Python runs nothing."""
_MODULE = re.compile(r"[^\s./\\:]+(\.[^\s./\\:]+)*")
"""More than identifiers: `python -m my-app` finds `my-app.py`."""
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that an Info.plist in XML cannot hold, or not unchanged (XML 1.0, 2.2 and 2.11)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A program for Python."""

    kind: EntryKind
    target: str
    """A module, a script's path, `pkg.mod:func`, or the code itself."""
    flags: tuple[str, ...] = ()
    """Python's own options, each with its value behind it: `("-s", "-X", "dev")`."""
    arguments: tuple[str, ...] = ()
    """The program's arguments, without those the user gives."""

    def command_line(self) -> str:
        """The words that `parse_entry` reads back, quoted for a shell."""
        words = {
            "module": ["-m", self.target],
            "code": ["-c", self.target],
            "script": [self.target],
            "function": [self.target],
        }[self.kind]
        if self.kind == "script" and (self.target.startswith("-") or _is_function(self.target)):
            words = ["--", self.target]
        return shlex.join([*self.flags, *words, *self.arguments])


def entry_from_argv(argv: Sequence[str]) -> Entry:
    """Read what stands behind the interpreter's name on a command line.

    `argv` does not include the interpreter itself. Raises EntryError where it names no program (an
    interactive interpreter, `--version`), an option that CPython does not have, or a word that an
    Info.plist cannot hold.
    """
    return _read(argv)[0]


def _read(argv: Sequence[str]) -> tuple[Entry, bool]:
    """The entry, and whether `--` stands before its target."""
    for word in argv:
        if _UNWRITABLE.search(word):
            raise EntryError(f"{_shown(word)} cannot be written into Info.plist.")
    entry, dashed = _split(argv)
    if not entry.target:
        raise EntryError("The command line gives Python an empty name for its program.")
    return entry, dashed


def _split(argv: Sequence[str]) -> tuple[Entry, bool]:
    flags: list[str] = []
    dashed = False
    words = list(argv)
    while words:
        word = words[0]
        if word == "--":
            words.pop(0)
            dashed = True
            break
        if word == "-" or not word.startswith("-"):
            break
        words.pop(0)
        if word.startswith("--"):
            flags += _long_option(word, words)
            continue
        program = _cluster(word[1:], words, flags)
        if program is not None:
            return Entry(program[0], program[1], tuple(flags), tuple(words)), False
    if not words or words[0] == "-":
        raise EntryError("The command line gives Python no program to run.")
    return Entry("script", words[0], tuple(flags), tuple(words[1:])), dashed


def parse_entry(text: str) -> Entry:
    """Read the words of `--entry`: what would follow `python` on a command line.

    `-s -m plover.scripts.dist_main`, a script's path, or `pkg.mod:func`; what follows `--` is a
    script's path whatever it looks like. Raises EntryError.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise EntryError(f"The entry {_shown(text)} cannot be read: {error}.") from None
    entry, dashed = _read(words)
    if entry.kind == "script" and not dashed and _is_function(entry.target):
        return Entry("function", entry.target, entry.flags, entry.arguments)
    if entry.kind == "module" and not _MODULE.fullmatch(entry.target):
        raise EntryError(
            f"{_shown(entry.target)} is not a module's name.",
            mend="Write it as in `-m package.module`.",
        )
    return entry


def _long_option(word: str, words: list[str]) -> list[str]:
    allowed = _LONG_WITH_VALUE.get(word)
    if allowed is None or not words:
        raise EntryError(f"{_shown(word)} is not an option with which Python runs a program.")
    value = words.pop(0)
    if value not in allowed:
        raise EntryError(f"{word} must be one of {', '.join(sorted(allowed))}.")
    return [word, value]


def _cluster(
    letters: str, words: list[str], flags: list[str]
) -> tuple[Literal["module", "code"], str] | None:
    """Read one word of short options, `-sE`, `-Xdev`, `-mpkg`; a program ends the options."""
    for index, letter in enumerate(letters):
        rest = letters[index + 1 :]
        if letter in "mc" or letter in _FLAGS_WITH_VALUE:
            if not rest and not words:
                raise EntryError(f"Python's option -{letter} needs a value.")
            value = rest or words.pop(0)
            if letter == "m":
                return "module", value
            if letter == "c":
                return "code", value
            flags += [f"-{letter}", value]
            return None
        if letter in _NO_PROGRAM:
            raise EntryError(f"With the option -{letter} Python runs no program.")
        if letter not in _FLAGS:
            raise EntryError(f"Python has no option {_shown('-' + letter)}.")
        flags.append(f"-{letter}")
    return None


def _is_function(text: str) -> bool:
    """Whether `text` is an object reference as in a package's metadata: `pkg.mod:func`."""
    module, colon, function = text.partition(":")
    return bool(colon) and all(
        part.isidentifier() for name in (module, function) for part in name.split(".")
    )


def _shown(text: str) -> str:
    """A word in quotation marks, on one line and not longer than that."""
    return repr(text) if len(text) <= 80 else repr(text[:80]) + "..."
