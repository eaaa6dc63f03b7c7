"""What a word is made of while it is expanded."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a word: text, and how the shell treats it."""

    text: str
    quoted: bool
    expanded: bool
    """Came from an expansion, so that it is split where not quoted."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The arguments of `$@` in quotes: a field each."""

    texts: tuple[str, ...]


Part = Piece | Fields
