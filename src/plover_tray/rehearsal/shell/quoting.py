"""Quotes, fields and patterns of the shell: texts in, texts out."""

import fnmatch
import re

GLOB = re.compile(r"[*?\[]")
"""What makes a word a pattern of file names."""

_ANSI = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "0": "\0"}


def decoded(data: bytes) -> str:
    """A script's bytes as text; what is no UTF-8 stays, escaped."""
    return data.decode("utf-8", "surrogateescape")


def unescape(text: str) -> str:
    """A word that is not quoted: a backslash makes the next character stand for itself."""
    return re.sub(r"(?s)\\(.)", lambda m: "" if m.group(1) == "\n" else m.group(1), text)


def unescape_quoted(text: str) -> str:
    """In double quotes a backslash only does so before a few characters."""
    return re.sub(r'\\([$`"\\\n])', lambda m: "" if m.group(1) == "\n" else m.group(1), text)


def ansi(text: str) -> str:
    """What `$'...'` stands for."""
    return re.sub(r"(?s)\\(.)", lambda m: _ANSI.get(m.group(1), "\\" + m.group(1)), text)


def escape(text: str) -> str:
    """Text as a pattern that matches just itself."""
    return re.sub(r"([*?\[])", r"[\1]", text)


def split(text: str, separators: str) -> list[str]:
    """The fields between separators (`IFS`); none are empty."""
    if not separators:
        return [text] if text else []
    return [piece for piece in re.split(f"[{re.escape(separators)}]+", text) if piece]


def trimmed(text: str, kind: str, pattern: str) -> str:
    """`${x%pattern}` and its three siblings."""
    places = range(len(text) + 1)
    if kind in ("%", "##"):
        places = range(len(text), -1, -1)
    for at in places:
        if kind in ("%", "%%") and fnmatch.fnmatchcase(text[at:], pattern):
            return text[:at]
        if kind in ("#", "##") and fnmatch.fnmatchcase(text[:at], pattern):
            return text[at:]
    return text
