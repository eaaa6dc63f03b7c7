"""A release as it goes: in go its events, out come lines on stderr, and a bar where that is a
terminal.

There is one live line, that of the step at work, and everything else is printed above it. Where the
step tells how far it is, the bar shows it; otherwise it only shows that something goes on.
"""

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .console import remark, stderr, verbosity

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from ..image import DmgProgress
    from ..notarization.events import NotarizationEvent
    from ..signing.options import SignEvent

STATES = {"kept": "done before", "skipped": "left out"}
"""States of a step that are not called so for people."""
_PARTS = {"volume": "writing the volume", "pack": "packing", "dmgbuild": "dmgbuild at work"}


class ReleaseDisplay:
    """Draws one release; use it in a `with` block."""

    def __init__(self) -> None:
        """Draw on stderr, and nothing if `--quiet`."""
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._name = ""
        self._part = ""

    def __enter__(self) -> Self:
        if verbosity() >= 0 and sys.stderr.isatty():
            self._bar = _bar()
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end_task()
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def step(self, name: str, state: str) -> None:
        """See `OnStep`."""
        if state != "start":
            self._end_task()
            self._say(f"{name}: {STATES.get(state, state)}")
        elif self._bar is None:
            self._say(f"{name}: ...")
        else:
            self._name, self._part = name, ""
            self._task = self._bar.add_task(name, total=None, amount="")

    def event(self, event: "NotarizationEvent") -> None:
        """Say what happens between here and Apple."""
        self._say(f"  {event.text}")

    def sealed(self, event: "SignEvent") -> None:
        """See `signing.options.Progress`."""
        if event.total:
            self._advance("", event.done, event.total, in_bytes=True)

    def imaged(self, event: "DmgProgress") -> None:
        """See `image.report.Progress`."""
        part = _PARTS.get(event.step, event.step)
        self._advance(part, event.done, event.total, in_bytes=event.step != "dmgbuild")

    def _advance(self, part: str, done: int, total: int, *, in_bytes: bool) -> None:
        if self._bar is None or self._task is None:
            return
        self._bar.update(
            self._task,
            description=f"{self._name}: {part}" if part else self._name,
            completed=done,
            total=total or None,
            amount=f"{done / 1e6:.0f}/{total / 1e6:.0f} MB" if in_bytes and total else "",
            refresh=part != self._part,
        )
        self._part = part

    def _end_task(self) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.remove_task(self._task)
            self._bar.refresh()  # else the next line is printed above what was drawn last
        self._task = None

    def _say(self, text: str) -> None:
        """A line for people, above the bar if there is one."""
        if self._bar is None:
            remark(text)
        else:
            self._bar.console.print(text, markup=False)


def _bar() -> "Progress":
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[amount]}"),
        TimeElapsedColumn(),
        console=stderr(),
        transient=True,
    )
