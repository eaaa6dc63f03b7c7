"""CPython's own command line grammar: the words after the interpreter, taken apart.

In: argv as exec gets it. Out: a Command, or None where the interpreter itself must be asked
(help, version, a prompt, a program on stdin, or words it would refuse).
Source of the grammar: Python/getopt.c and Python/initconfig.c of CPython 3.9 to 3.14.
"""

import sys

WITHOUT_VALUE = "bBdEiIOPqRsSuvx" if sys.version_info >= (3, 11) else "bBdEiIOqRsSuvx"
WITH_VALUE = "WX"
LONG_WITH_VALUE = "--check-hash-based-pycs"
HASH_PYCS = ("always", "default", "never")


class Command:
    """One interpreter command line.

    `kind`, `target` and `arguments` name the program as the boot module does; `words` is the
    whole of it; `counts` says how often each option letter came; `w`, `x` and `hash_pycs` hold
    the values of -W, -X and --check-hash-based-pycs.
    """

    def __init__(self, words: "list[str]") -> None:
        self.kind = ""
        self.target = ""
        self.arguments: list[str] = []
        self.words = words
        self.counts: dict[str, int] = {}
        self.w: list[str] = []
        self.x: list[str] = []
        self.hash_pycs = "default"

    def has(self, letter: str) -> int:
        """How often an option came."""
        return self.counts.get(letter, 0)


def parse(argv: "list[str]") -> "Command | None":
    """The Command in `argv` (argv[0] is the interpreter's name), or None."""
    command = Command(argv)
    position = 1
    while position < len(argv):
        word = argv[position]
        position += 1
        if word == "--":
            break
        if word == LONG_WITH_VALUE and position < len(argv) and argv[position] in HASH_PYCS:
            command.hash_pycs = argv[position]
            position += 1
        elif word.startswith("--"):
            return None
        elif word == "-" or word[:1] != "-":
            position -= 1
            break
        else:
            letter, value = cluster(command, word[1:])
            if not letter:
                continue
            if not value:
                if letter not in "cmWX" or position == len(argv):
                    return None
                value = argv[position]
                position += 1
            if letter == "W":
                command.w.append(value)
            elif letter == "X":
                command.x.append(value)
            elif letter in "cm":
                command.kind, command.target = "-" + letter, value
                command.arguments = argv[position:]
                return command
            else:
                return None
    if position >= len(argv) or argv[position] == "-":
        return None
    command.kind, command.target = "script", argv[position]
    command.arguments = argv[position + 1 :]
    return command


def takes(letter: str, argv: "list[str]") -> bool:
    """Whether an option is among the interpreter's, in front of the program."""
    command = parse(argv)
    return command is not None and command.has(letter) > 0


def cluster(command: Command, letters: str) -> "tuple[str, str]":
    """Counts a word's letters; (letter, rest of the word) at the first that takes a value."""
    for index, letter in enumerate(letters):
        if letter not in WITHOUT_VALUE:
            return letter, letters[index + 1 :]
        command.counts[letter] = command.counts.get(letter, 0) + 1
    return "", ""
