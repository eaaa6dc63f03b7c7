"""What Python is asked to run: in goes an interpreter's argv or a person's words, out an `Entry`.

The option grammar is CPython's own (`python --help-all`; `Python/getopt.c`): options end at the
first argument that is none, and `-c` and `-m` take all that follows for the program's arguments.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .errors import EntryError

EntryKind = Literal["module", "script", "function", "code"]

_FLAGS = set("bBdEiIOPqRsSuvx")
"""Options without a value."""
_FLAGS_WITH_VALUE = set("WX")
_LONG_WITH_VALUE = {"--check-hash-based-pycs"}
_NO_PROGRAM = set("hV?J")
"""Options after which Python runs nothing."""


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
        return shlex.join([*self.flags, *words, *self.arguments])


def entry_from_argv(argv: Sequence[str]) -> Entry:
    """Read what stands behind the interpreter's name on a command line.

    `argv` does not include the interpreter itself. Raises EntryError where it names no program (an
    interactive interpreter, `--version`) or an option that CPython does not have.
    """
    flags: list[str] = []
    words = list(argv)
    while words:
        word = words[0]
        if word == "--":
            words.pop(0)
            break
        if word == "-" or not word.startswith("-"):
            break
        words.pop(0)
        if word.startswith("--"):
            flags += _long_option(word, words)
            continue
        program = _cluster(word[1:], words, flags)
        if program is not None:
            return Entry(program[0], program[1], tuple(flags), tuple(words))
    if not words or words[0] == "-":
        raise EntryError("The command line gives Python no program to run.")
    return Entry("script", words[0], tuple(flags), tuple(words[1:]))


def parse_entry(text: str) -> Entry:
    """Read the words of `--entry`: what would follow `python` on a command line.

    `-s -m plover.scripts.dist_main`, a script's path, or `pkg.mod:func`. Raises EntryError.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise EntryError(f"The entry {text!r} cannot be read: {error}.") from None
    entry = entry_from_argv(words)
    module, colon, function = entry.target.partition(":")
    if entry.kind == "script" and colon and _dotted(module) and _dotted(function):
        return Entry("function", entry.target, entry.flags, entry.arguments)
    if entry.kind == "module" and not _dotted(entry.target):
        raise EntryError(
            f"{entry.target!r} is not a module's name.", mend="Write it as in `-m package.module`."
        )
    return entry


def _long_option(word: str, words: list[str]) -> list[str]:
    if word in _LONG_WITH_VALUE and words:
        return [word, words.pop(0)]
    raise EntryError(f"{word} is not an option with which Python runs a program.")


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
            raise EntryError(f"Python has no option -{letter}.")
        flags.append(f"-{letter}")
    return None


def _dotted(name: str) -> bool:
    return bool(name) and all(part.isidentifier() for part in name.split("."))
