"""A comparison of two releases for people."""

from typing import TYPE_CHECKING

from ..errors import show_path
from .console import line, stdout

if TYPE_CHECKING:
    from ..comparing import Comparison


def show(comparison: "Comparison") -> None:
    """Print what changes, then what users keep and lose."""
    console = stdout()
    for difference in comparison.differences:
        line(console, "", difference.what, "bold")
        line(console, "  old  ", show_path(difference.old))
        line(console, "  new  ", show_path(difference.new))
    for survival in comparison.survivals:
        word = "kept" if survival.survives else "lost"
        text = f"{word} ({show_path(survival.reason)})."
        line(console, f"{survival.what}: ", text, "" if survival.survives else "bold")
