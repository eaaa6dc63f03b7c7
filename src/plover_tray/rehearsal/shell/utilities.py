"""Programs whose output a script uses, and those that change nothing a rehearsal sees.

Comes in: a command's words. Goes out: its status and what it prints; None for what is no utility
that is modelled, which the interpreter then starts as a program.
"""
# ruff: noqa: D103 - a model's name says which function it answers for

from collections.abc import Callable, Sequence

from ...bundle.python_names import is_python
from ..guest.filesystem import FileError
from ..guest.path_text import basename_of, dirname_of
from ..guest.text import to_bytes, to_text
from .state import Shell

Answer = tuple[int, str]
Utility = Callable[[Shell, Sequence[str]], "Answer | None"]

HARMLESS = frozenset(
    {
        "mkdir",
        "rm",
        "rmdir",
        "touch",
        "chmod",
        "chown",
        "cp",
        "mv",
        "ln",
        "logger",
        "sleep",
        "xattr",
        "killall",
        "pkill",
        "renice",
        "sync",
        "codesign",
        "spctl",
        "tccutil",
        "lsregister",
        "plutil",
    }
)
"""They change files or settings, end well, and print nothing that is used here."""

WITHOUT_EFFECT = frozenset({"sleep", "sync", "logger"})
"""Of those, what nobody misses who leaves it out."""


def dirname(_shell: Shell, words: Sequence[str]) -> Answer | None:
    words = [word for word in words if word != "--"]
    if len(words) != 1:
        return None
    return 0, to_text(dirname_of(to_bytes(words[0]))) + "\n"


def basename(_shell: Shell, words: Sequence[str]) -> Answer | None:
    words = [word for word in words if word != "--"]
    if len(words) not in (1, 2) or words[0].startswith("-"):
        return None
    name = to_text(basename_of(to_bytes(words[0])))
    if len(words) == 2 and name != words[1]:
        name = name.removesuffix(words[1])
    return 0, name + "\n"


def readlink(shell: Shell, words: Sequence[str]) -> Answer | None:
    """`-f` is there since macOS 12.3."""
    flags = [word for word in words if word.startswith("-") and word != "--"]
    names = [word for word in words if not word.startswith("-")]
    if set(flags) - {"-f", "-n", "-fn", "-nf", "-e", "-m"} or len(names) != 1:
        return None
    end = "" if any("n" in flag for flag in flags) else "\n"
    try:
        if any("f" in flag for flag in flags):
            return 0, shell.lookup(names[0]).path + end
        found = shell.lookup(names[0], follow=False)
    except FileError:
        return 1, ""
    return (0, found.link + end) if found.link is not None else (1, "")


def realpath(shell: Shell, words: Sequence[str]) -> Answer | None:
    names = [word for word in words if word not in ("-q", "--")]
    if len(names) != 1 or names[0].startswith("-"):
        return None
    try:
        return 0, shell.lookup(names[0]).path + "\n"
    except FileError:
        return 1, ""


def pwd(shell: Shell, words: Sequence[str]) -> Answer | None:
    """-L, the default, gives the path as it was entered."""
    if list(words) in (["-P"], ["-PL"]):
        return 0, shell.process.folder + "\n"
    if list(words) not in ([], ["-L"]):
        return None
    return 0, shell.variables.get("PWD", shell.process.folder) + "\n"


def uname(shell: Shell, words: Sequence[str]) -> Answer | None:
    known = {
        "-s": "Darwin",
        "-r": shell.files.mac.darwin_release,
        "-n": shell.files.mac.host_name,
        "": "Darwin",
    }
    word = words[0] if len(words) == 1 else "" if not words else "?"
    if word in ("-m", "-p"):
        shell.asked.append("uname")
        arm = shell.machine == "arm64"
        return 0, (shell.machine if word == "-m" else "arm" if arm else "i386") + "\n"
    return (0, known[word] + "\n") if word in known else None


def arch(shell: Shell, words: Sequence[str]) -> Answer | None:
    if words:
        return None
    shell.asked.append("arch")
    return 0, ("arm64" if shell.machine == "arm64" else "i386") + "\n"


def sw_vers(shell: Shell, words: Sequence[str]) -> Answer | None:
    if list(words) in (["-productVersion"], ["--productVersion"]):
        return 0, shell.files.mac.version_text + "\n"
    return None


def whoami(shell: Shell, words: Sequence[str]) -> Answer | None:
    return None if words else (0, shell.files.mac.user + "\n")


def id_(shell: Shell, words: Sequence[str]) -> Answer | None:
    mac = shell.files.mac
    known = {("-u",): str(mac.user_id), ("-un",): mac.user, ("-u", "-n"): mac.user}
    value = known.get(tuple(words))
    return None if value is None else (0, value + "\n")


def cat(shell: Shell, words: Sequence[str]) -> Answer | None:
    if not words and shell.output is None:
        return 0, ""  # a text in the script, shown to nobody
    if len(words) != 1 or words[0].startswith("-"):
        return None
    try:
        found = shell.lookup(words[0])
        data = shell.files.read(found, shell.process.scratch, 0, 1 << 20)
    except FileError:
        return 1, ""
    return 0, to_text(data)


def which(shell: Shell, words: Sequence[str]) -> Answer | None:
    if len(words) != 1 or words[0].startswith("-"):
        return None
    found = find_program(shell, words[0])
    return (0, found + "\n") if found is not None else (1, "")


def date(shell: Shell, words: Sequence[str]) -> Answer | None:
    """The pretended moment, in UTC."""
    given = [word for word in words if word != "-u"]
    if len(given) > 1 or (given and not given[0].startswith("+")):
        return None
    form = given[0][1:] if given else "%a %b %e %H:%M:%S UTC %Y"
    return 0, shell.files.mac.moment_as(form) + "\n"


def mktemp(shell: Shell, words: Sequence[str]) -> Answer | None:
    """A name that nobody has: what it is differs at each start."""
    mac, scratch = shell.files.mac, shell.process.scratch
    number = len(scratch.files) + len(scratch.folders)
    path = f"/private{mac.temporary}tmp.{mac.random_name}{number or ''}"
    if "-d" in words:
        scratch.folders.add(path)
    else:
        scratch.files[path] = bytearray()
    return 0, path + "\n"


UTILITIES: dict[str, Utility] = {
    "dirname": dirname,
    "basename": basename,
    "readlink": readlink,
    "greadlink": readlink,
    "realpath": realpath,
    "pwd": pwd,
    "uname": uname,
    "arch": arch,
    "sw_vers": sw_vers,
    "whoami": whoami,
    "id": id_,
    "cat": cat,
    "which": which,
    "date": date,
    "mktemp": mktemp,
}


def find_program(shell: Shell, name: str) -> str | None:
    """The absolute path of a program, searched in PATH for a bare name."""
    if "/" in name:
        found = shell.exists(name)
        if found is not None and found.is_file and found.executable:
            return shell.files.absolute(name, shell.process.folder)
        return None
    for folder in shell.variables.get("PATH", "/usr/bin:/bin").split(":"):
        path = f"{folder or '.'}/{name}"
        found = shell.exists(path)
        if found is not None and found.is_file and found.executable:
            return shell.files.absolute(path, shell.process.folder)
    return None


def is_unsure(shell: Shell, name: str) -> bool:
    """Whether a bare name that was not found might still be a program of macOS.

    The table of programs is not complete; of Python it is, since macOS 12.3.
    """
    if "/" in name or is_python(name):
        return False
    folders = shell.variables.get("PATH", "/usr/bin:/bin").split(":")
    return any(folder in ("/bin", "/sbin", "/usr/bin", "/usr/sbin") for folder in folders)
