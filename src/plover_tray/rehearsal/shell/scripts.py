"""A script as main executable: its first line, and its statements if a shell would run it.

Comes in: the script's bytes and the user's arguments. Goes out: slices named `sh`; one, unless the
script asks for the processor and does different things on the two: then `sh (arm64)` and
`sh (x86_64)`.
"""

import copy
import dataclasses
import shlex
from collections.abc import Mapping, Sequence

from ..budget import Budget, Spending
from ..conclusion import conclude
from ..ending import Ended, own_error
from ..guest.errors import GuestDataError
from ..guest.filesystem import GuestFiles
from ..guest.process import Child, Process, new_process
from ..guest.text import to_bytes, to_text
from ..result import Call, Outcome, SliceRehearsal
from .interpreter import run_script
from .state import Shell, new_shell
from .utilities import find_program

SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh"})
NO_SHELLS = frozenset({"csh", "tcsh", "fish"})
"""Shells whose language is another."""
LONGEST_LINE = 512
"""Bytes of a first line that the kernel reads (IMG_SHSIZE of XNU)."""
ARCH = "sh"


def rehearse_script(
    files: GuestFiles,
    path: str,
    source: bytes,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    budget: Budget,
) -> tuple[SliceRehearsal, ...]:
    """Rehearse the script at the guest's `path`."""
    results = []
    for machine in ("arm64", "x86_64"):
        process = new_process(path, files.mac)
        found, asked = read_script(files, process, source, arguments, environment, budget, machine)
        results.append(found)
        if not asked:
            break
    if len(results) == 2 and _essence(results[0]) == _essence(results[1]):
        results.pop()
    if len(results) == 1:
        return (results[0],)
    return tuple(
        _named(found, f"{ARCH} ({machine})")
        for found, machine in zip(results, ("arm64", "x86_64"), strict=True)
    )


def _essence(found: SliceRehearsal) -> tuple[object, ...]:
    changes, folder = dict(found.environment), found.working_directory
    return found.outcome, found.call, found.target, found.argv, changes, folder


def _named(found: SliceRehearsal, arch: str) -> SliceRehearsal:
    return dataclasses.replace(found, arch=arch)


def read_script(
    files: GuestFiles,
    process: Process,
    source: bytes,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    budget: Budget,
    machine: str,
) -> tuple[SliceRehearsal, bool]:
    """Read one script, as it runs on a Mac with this processor.

    Also says whether it asked for the processor.
    """
    path = process.executable
    given = [to_bytes(f"{name}={value}") for name, value in environment.items()]
    trace: list[Call] = []
    try:
        words = first_line(source)
    except GuestDataError:
        words = []
    try:
        spending = Spending(budget)
        shell = new_shell(
            files,
            process,
            spending,
            trace,
            name=_shell_name(words) or "sh",
            script=path,
            arguments=arguments,
            environment=environment,
        )
        shell.machine = machine
        if _shell_name(words) is None:
            _another_interpreter(shell, words, path, arguments, given)
        shell.options |= _options(words)
        run_script(shell, source)
    except Ended as end:
        final = shell.environment()
        return conclude(ARCH, files, process, trace, end, given, final), bool(shell.asked)
    except GuestDataError as error:
        odd = Ended(
            Outcome.UNKNOWN_CALL,
            f"The script has something that is not understood: {error}.",
            call="script",
        )
        return conclude(ARCH, files, process, trace, odd, given, given), False
    except RecursionError:
        deep = Ended(
            Outcome.BUDGET, "Its constructs stand too deep in one another.", call="nesting"
        )
        return conclude(ARCH, files, process, trace, deep, given, given), False
    except Exception as error:  # noqa: BLE001 - told as what it is
        own = own_error("the reading of the script", "script", error)
        return conclude(ARCH, files, process, trace, own, given, given), False
    raise AssertionError("a script ends by an end")  # pragma: no cover


def first_line(source: bytes) -> list[str]:
    """The words behind `#!`, as the kernel splits them.

    Raises GuestDataError where there are none.
    """
    line, _, _ = source[:LONGEST_LINE].partition(b"\n")
    words = to_text(line.removeprefix(b"#!")).split()
    if not line.startswith(b"#!") or not words:
        raise GuestDataError("no interpreter")
    if words[0].rpartition("/")[2] == "env":
        if words[1:2] in (["-S"], ["-i"]):
            try:
                words = ["env", *shlex.split(" ".join(words[2:]))]
            except ValueError as error:
                raise GuestDataError("quotes in the first line") from error
        while len(words) > 1 and "=" in words[1]:
            del words[1]
    return words


def _program(words: Sequence[str]) -> str:
    """The interpreter's own name, behind `env` where that is used."""
    if not words:
        return ""
    name = words[0].rpartition("/")[2]
    return words[1].rpartition("/")[2] if name == "env" and len(words) > 1 else name


def _shell_name(words: Sequence[str]) -> str | None:
    name = _program(words)
    return name if name in SHELLS else None


def _options(words: Sequence[str]) -> set[str]:
    letters = "".join(word[1:] for word in words[1:] if word.startswith("-"))
    known = {"e": "errexit", "u": "nounset"}
    return {known[letter] for letter in letters if letter in known}


def _another_interpreter(
    shell: Shell, words: list[str], path: str, arguments: Sequence[str], given: list[bytes]
) -> None:
    """End with the interpreter that the kernel runs instead. Always raises Ended."""
    name = _program(words)
    if not name:
        raise Ended(Outcome.FAULT, "Its first line names no interpreter.", call="#!")
    if name in NO_SHELLS:
        raise Ended(
            Outcome.UNKNOWN_CALL,
            f"It is a script for {name}, whose language is not read.",
            call=name,
        )
    through_env = words[0].rpartition("/")[2] == "env"
    called = words[1:] if through_env and len(words) > 1 else words
    target = find_program(shell, called[0])
    if target is None:
        if called[0].startswith("/") and not shell.files.holds(called[0]):
            target = called[0]
        else:
            raise Ended(
                Outcome.EXIT, f"Its first line names {called[0]}, which is not there.", call="#!"
            )
    raise Ended(
        Outcome.EXEC,
        f"It is a script that {target} runs: that is the program of the process.",
        call="#!",
        target=target,
        argv=[*called, path, *arguments],
        environment=given,
    )


def shell_command(
    files: GuestFiles,
    process: Process,
    spending: Spending,
    trace: list[Call],
    command: str,
    environment: Mapping[str, str],
    call: str,
) -> list[Child] | None:
    """The programs that `/bin/sh -c command` starts; None where that cannot be told.

    `process` is not changed but for its children's numbers.
    """
    inner = copy.copy(process)
    inner.children = []
    shell = new_shell(
        files,
        inner,
        spending,
        trace,
        name="sh",
        script="sh",
        arguments=(),
        environment=environment,
    )
    shell.call = call
    shell.exec_is_child = True
    try:
        run_script(shell, to_bytes(command))
    except Ended as end:
        if end.outcome == Outcome.BUDGET:
            raise
        if end.outcome != Outcome.EXIT or not inner.children:
            return None
    process.next_child = max(process.next_child, inner.next_child)
    return inner.children
