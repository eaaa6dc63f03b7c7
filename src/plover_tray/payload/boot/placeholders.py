"""What ${NAME} in a setting stands for: in go a text and the environment of a start, out the text.

The names are those of launcher/placeholders.h. The launcher puts the values in at the app's first
start; here this is done for the starts that the boot module carries out itself.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .boot import sibling


def contents() -> str:
    """The bundle's Contents folder."""
    return str(sibling("bundle").contents() or "")


def placed(text: str, environ: "dict[str, str]") -> str:
    """The text as a start in `environ` has it."""
    before, mark, rest = text.partition("${")
    name, brace, after = rest.partition("}")
    if not mark:
        return text
    if brace and name in PLACEHOLDERS:
        return before + PLACEHOLDERS[name](environ) + placed(after, environ)
    return before + mark + placed(rest, environ)


def user(field: int) -> str:
    """A field of the user's record, or nothing."""
    try:
        import pwd

        return str(pwd.getpwuid(os.getuid())[field])
    except (ImportError, KeyError):
        return ""


def variable(name: str, otherwise: "Callable[[], str]") -> "Callable[[dict[str, str]], str]":
    """What a variable was set to as the app was started."""
    return lambda environ: environ[name] if name in environ else otherwise()


PLACEHOLDERS = {
    "CONTENTS": lambda _: contents(),
    "BUNDLE_FOLDER": lambda _: os.path.dirname(os.path.dirname(contents())),
    "DOLLAR": lambda _: "$",
    "UID": lambda _: str(os.getuid()),
    "PID": lambda _: str(os.getpid()),
    "HOST": lambda _: os.uname().nodename,
    "HOME": variable("HOME", lambda: user(5)),
    "USER": variable("USER", lambda: user(0)),
    "LOGNAME": variable("LOGNAME", lambda: user(0)),
    "SHELL": variable("SHELL", lambda: user(6)),
    "TMPDIR": variable("TMPDIR", lambda: "/tmp/"),
    "PATH": variable("PATH", lambda: "/usr/bin:/bin:/usr/sbin:/sbin"),
}  # type: dict[str, Callable[[dict[str, str]], str]]


def fits(text: str, word: str) -> bool:
    """Whether some start can have made the word of a setting's text."""
    before, mark, rest = text.partition("${")
    name, brace, after = rest.partition("}")
    if not mark:
        return text == word
    if not brace or name not in PLACEHOLDERS:
        return word.startswith(before + mark) and fits(rest, word[len(before + mark) :])
    return word.startswith(before) and any(
        fits(after, word[at:]) for at in range(len(before), len(word) + 1)
    )
