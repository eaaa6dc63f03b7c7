"""A probe for people: shown or not, why, and what was seen of the app."""

from typing import TYPE_CHECKING

from ..errors import show_path
from .console import stdout

if TYPE_CHECKING:
    from ..tray.probe import ProbeResult


def show(result: "ProbeResult") -> None:
    """Print it."""
    console = stdout()
    verdict = result.verdict
    console.print("Shown." if result.shown else "Not shown.", style="bold", markup=False)
    console.print(f"  {show_path(verdict.reason)}", markup=False)
    if verdict.mend:
        console.print(f"  Next: {show_path(verdict.mend)}", markup=False)
    for label, text in _rows(result):
        if text:
            console.print(f"  {label:<15}{show_path(text)}", markup=False)


def _rows(result: "ProbeResult") -> list[tuple[str, str]]:
    rows = [("process", result.images[0].executable if result.images else "")]
    if report := result.report:
        qt = f"{report.qt_binding} with Qt {report.qt_version}" if report.qt_binding else ""
        rows += [
            ("identifier", f"{report.bundle_identifier} (from {report.identifier_from})"),
            ("sys.executable", report.sys_executable),
            ("Python", report.python),
            ("Qt", qt),
            ("policy", report.activation_policy or ""),
        ]
    for seen in result.icons:
        icon = seen.icon
        words = [seen.place.words, "null" if icon.icon_null else "has an icon"]
        words += ["template"] if icon.icon_template else []
        words += [f"tooltip {icon.tooltip!r}"] if icon.tooltip else []
        words += [f"menu: {', '.join(entry.strip() for entry in icon.menu)}"] if icon.menu else []
        rows.append(("icon", "; ".join(words)))
    return [*rows, *(("remark", remark) for remark in result.remarks)]
