"""What a shell knows while it reads a script: variables, arguments, options, where it is."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..budget import Spending, over
from ..guest.filesystem import FileError, GuestFiles, Status
from ..guest.process import Process
from ..guest.text import to_bytes
from ..result import Call

if TYPE_CHECKING:
    from .syntax import Node

LONGEST_VALUE = 1 << 20


@dataclass(slots=True)
class Shell:
    """State of one shell process."""

    files: GuestFiles
    process: Process
    spending: Spending
    trace: list[Call]
    name: str
    """`sh`, `bash` or `zsh`."""
    script: str
    """$0."""
    arguments: list[str]
    """$1 and on."""
    variables: dict[str, str]
    exported: set[str]
    machine: str = "arm64"
    """What `uname -m` says."""
    asked: list[str] = field(default_factory=list)
    """Questions whose answer depends on the Mac: the processor."""
    functions: dict[str, "Node"] = field(default_factory=dict)
    options: set[str] = field(default_factory=set)
    status: int = 0
    last_child: str = ""
    output: list[str] | None = None
    """Collects standard output inside a command substitution."""
    depth: int = 0
    call: str = "command"
    """How children are named: `command`, or `system` where a C program called it."""
    exec_is_child: bool = False
    """An exec replaces a shell that is itself a child."""

    def environment(self) -> list[bytes]:
        """What a program that is started would get."""
        return [
            to_bytes(f"{name}={self.variables[name]}")
            for name in self.variables
            if name in self.exported
        ]

    def set(self, name: str, value: str) -> None:
        """Assign to a variable."""
        if len(value) > LONGEST_VALUE:
            over("memory", "a variable grows without an end")
        self.variables[name] = value
        if "allexport" in self.options:
            self.exported.add(name)

    def lookup(self, path: str, *, follow: bool = True) -> Status:
        """The status of a path as seen from the working directory. Raises FileError."""
        absolute = self.files.absolute(path, self.process.folder)
        return self.files.status(absolute, self.process.scratch, follow=follow)

    def exists(self, path: str) -> Status | None:
        """The same, None where it is not there."""
        try:
            return self.lookup(path)
        except FileError:
            return None

    def note(self, name: str, words: Sequence[str], result: object = "") -> None:
        """Put a command into the trace, and count it."""
        self.spending.a_call()
        shown = tuple(f'"{word}"' if len(word) < 400 else f'"{word[:400]}..."' for word in words)
        self.trace.append(Call(name, shown, str(result)))

    def subshell(self) -> "Shell":
        """A copy whose changes this shell does not see, as `( ... )` and `$( ... )` have."""
        process = copy.copy(self.process)
        twin = copy.copy(self)
        twin.process = process
        twin.variables = dict(self.variables)
        twin.exported = set(self.exported)
        twin.arguments = list(self.arguments)
        twin.functions = dict(self.functions)
        twin.options = set(self.options)
        twin.depth = self.depth + 1
        if twin.depth > self.spending.budget.nesting:
            over("nesting", "its commands stand inside one another without an end")
        return twin


def new_shell(
    files: GuestFiles,
    process: Process,
    spending: Spending,
    trace: list[Call],
    *,
    name: str,
    script: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
) -> Shell:
    """A shell as it starts.

    PWD, OLDPWD, SHLVL and `_`, which a shell exports for itself, are left out of what programs get.
    """
    variables = dict(environment)
    variables.setdefault("IFS", " \t\n")
    variables["PWD"] = process.folder
    shell = Shell(
        files,
        process,
        spending,
        trace,
        name,
        script,
        list(arguments),
        variables,
        set(environment),
    )
    if name == "bash":
        variables["BASH_SOURCE"] = script
        variables["BASH"] = "/bin/bash"
        variables["BASH_VERSION"] = "3.2.57(1)-release"
    return shell
