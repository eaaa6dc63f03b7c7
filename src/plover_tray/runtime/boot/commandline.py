"""CPython's own command line grammar: the words after the interpreter, taken apart.

In: argv as exec gets it. Out: a Command, or None where the interpreter itself must be asked
(help, version, a prompt, a program on stdin, or words it would refuse).
Source of the grammar: Python/getopt.c and Python/initconfig.c of CPython 3.9 to 3.14.
"""

import sys

WITHOUT_VALUE = "bBdEiIOPqRsSuvx" if sys.version_info >= (3, 11) else "bBdEiIOqRsSuvx"
WITH_VALUE = "WX"
LONG_WITH_VALUE = "--check-hash-based-pycs"


class Command:
    """One interpreter command line.

    `flags` are the words before the program as they were given, `kind` and `target` name the
    program as the boot module does, `counts` says how often each letter came, `w`, `x` and
    `hash_pycs` hold the values of -W, -X and --check-hash-based-pycs.
    """

    def __init__(self):
        self.flags = []
        self.kind = self.target = None
        self.arguments = []
        self.counts = {}
        self.w = []
        self.x = []
        self.hash_pycs = None


def parse(argv):
    """The Command in `argv` (argv[0] is the interpreter's name), or None."""
    command = Command()
    words = list(argv[1:])
    position = 0
    while position < len(words):
        word = words[position]
        if word == "--":
            position += 1
            break
        if word == LONG_WITH_VALUE:
            if position + 1 >= len(words):
                return None
            command.hash_pycs = words[position + 1]
            position += 2
            continue
        if word[:1] != "-" or word == "-" or word.startswith("--"):
            break
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter in WITHOUT_VALUE:
                command.counts[letter] = command.counts.get(letter, 0) + 1
                continue
            if letter not in WITH_VALUE and letter not in "cm":
                return None
            if not letters:
                position += 1
                if position >= len(words):
                    return None
                letters = words[position]
            if letter in "cm":
                command.kind, command.target = "-" + letter, letters
                command.flags = [argv[0], *words[:position]]
                command.arguments = words[position + 1 :]
                return command
            (command.w if letter == "W" else command.x).append(letters)
            letters = ""
        position += 1
    if position >= len(words) or words[position] == "-" or words[position].startswith("--"):
        return None
    command.kind, command.target = "script", words[position]
    command.flags = [argv[0], *words[:position]]
    command.arguments = words[position + 1 :]
    return command
