"""`plover-tray verify APP`."""

from typing import TYPE_CHECKING

import click

from ..bundle.app_bundle import show_path
from ..report.console import line, print_json, stdout, verbosity
from .context import PATH, common_options, format_options

if TYPE_CHECKING:
    from rich.console import Console

    from ..signature.verification import CodeObject, Problem, Verification

MOST = 20
"""Problems printed without -v."""


@click.command("verify", short_help="Check every signature and seal, offline.")
@click.argument("path", type=PATH, metavar="PATH")
@format_options("json")
@common_options
def command(path: str, format_: str) -> int:
    """Check the seal of PATH: an app, a framework, a Mach-O file, or a DMG with an app in it.

    Looked at are all pages, resources and nested code; of a DMG its checksums too.

    Reads only, needs no network and no Mac; certificates are shown and their mathematics checked,
    but whether Apple still trusts them only a Mac can say. Exit status 0 if it holds, 1 if not.
    """
    from .. import api

    result = api.verify(path)
    if format_ == "json":
        print_json(_document(result))
    else:
        _print(stdout(), result)
    return 0 if result.ok else 1


def _print(console: "Console", result: "Verification") -> None:
    quiet = verbosity() < 0
    if result.main is not None and not quiet:
        _print_main(console, result.main)
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


def _print_main(console: "Console", main: "CodeObject") -> None:
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


def _document(result: "Verification") -> dict[str, object]:
    return {
        "schema": 1,
        "path": str(result.path),
        "ok": result.ok,
        "code": [
            {
                "path": item.path,
                "executable": item.executable,
                "place": item.place,
                "archs": [slice_.arch for slice_ in item.slices],
                "signed": item.signed,
                "adhoc": item.adhoc,
                "identifier": item.identifier,
                "team": item.team,
                "requirement": item.designated,
                "entitlements": {k: _plain(v) for k, v in item.entitlements.items()},
            }
            for item in result.objects
        ],
        "problems": [
            {
                "path": problem.path,
                "kind": str(problem.kind),
                "message": problem.message,
                "evidence": problem.evidence,
                "breaks": problem.breaks,
            }
            for problem in result.problems
        ],
    }


def _plain(value: object) -> object:
    return value if isinstance(value, bool | int | str | list | dict) else str(value)
