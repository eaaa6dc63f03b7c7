"""A verification for people: what the main code is, what does not hold, and the verdict."""

from typing import TYPE_CHECKING

from ..errors import show_path
from .console import line, stdout, verbosity

if TYPE_CHECKING:
    from rich.console import Console

    from ..signature.verification import CodeObject, Problem, Verification

MOST = 20
"""Problems printed without -v."""


def show(result: "Verification") -> None:
    """Print it; with `--quiet` only what breaks the seal."""
    console = stdout()
    quiet = verbosity() < 0
    if result.main is not None and not quiet:
        _show_main(console, result.main)
    if not quiet:
        line(console, "", f"{len(result.objects)} pieces of code looked at.")
    broken = [problem for problem in result.problems if problem.breaks]
    listed = result.problems if verbosity() > 0 else broken[:MOST]
    for problem in listed:
        word = _word(problem)
        where = show_path(problem.path) or "the whole"
        line(console, f"{word}  ", f"{where}: {show_path(problem.message)}")
        if problem.evidence and verbosity() > 0:
            line(console, "  ", show_path(problem.evidence), "dim")
    if len(broken) > MOST and verbosity() <= 0:
        line(console, "", f"and {len(broken) - MOST} more; -v shows all.")
    if quiet:
        return
    line(console, "", _verdict(result, len(broken)), "bold")
    if not result.ok:
        line(console, "", "Next: `plover-tray sign` gives it a new seal.")


def _word(problem: "Problem") -> str:
    if not problem.breaks:
        return "note"
    return "UNSEALED" if problem.kind in ("unsigned", "half-signed", "no-seal") else "BROKEN"


def _verdict(result: "Verification", broken: int) -> str:
    if result.ok:
        return "The seal holds."
    if result.main is None or not result.main.signatures:
        return "It is not sealed."
    if any(problem.kind == "no-seal" and not problem.path for problem in result.problems):
        return "It is not sealed: only its main executable is signed."
    return f"The seal is broken: {broken} problem{'s' * (broken != 1)}."


def _show_main(console: "Console", main: "CodeObject") -> None:
    rows = [("identifier", main.identifier or "none"), ("team", main.team or "none")]
    for slice_ in main.slices:
        signature = slice_.signature
        words = ", ".join(signature.best.flag_names) or "no flags" if signature else "unsigned"
        rows.append((slice_.arch, words))
    rows.append(("requirement", main.designated or "none"))
    rows += [("entitlement", f"{key}: {value}") for key, value in sorted(main.entitlements.items())]
    for signature in main.signatures[:1]:
        if signature.cms:
            rows += [("certificate", c.name) for c in signature.cms.certificates]
            rows.append(("timestamp", str(signature.cms.timestamp or "none")))
    for label, text in rows:
        line(console, f"  {label:<12} ", show_path(text))
