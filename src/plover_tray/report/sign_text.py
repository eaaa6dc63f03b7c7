"""A seal that was made, for people, on stderr."""

from typing import TYPE_CHECKING

from ..errors import show_path
from .console import remark, verbosity

if TYPE_CHECKING:
    from ..signing.options import SignReport

MOST = 3
"""Mended things printed without -v."""


def show(report: "SignReport", output: str) -> None:
    """Say what was mended and sealed, and where it is."""
    show_seal(report)
    remark(f"Sealed: {show_path(output)}")


def show_seal(report: "SignReport") -> None:
    """Say what was mended and sealed."""
    listed = report.steps if verbosity() > 0 else report.steps[:MOST]
    for step in listed:
        remark(f"  Mended: {show_path(step)}")
    if len(report.steps) > len(listed):
        remark(f"  Mended: {len(report.steps) - len(listed)} more like these; -v shows all.")
    kind = "ad-hoc, built in" if report.backend == "builtin" else f"by {report.backend}"
    remark(
        f"  {report.files} files and {report.bundles} bundles sealed {kind}, "
        f"as {show_path(report.identifier)}."
    )
