"""The app's log: <log folder>/app.log, and three older ones beside it.

In: lines, or the process's whole output when nobody reads it. Out: a file that never grows past
LIMIT by much: whoever writes to it looks at its size first, and a thread does for everybody else.
Several processes write to it at once, each line at the end of the file, the app's children that
know nothing of this among them: so a full log is copied away and emptied, not renamed. A folder
that cannot be written to, or a full disk, loses the output and nothing else.
"""

import _io
import os
import stat
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .boot import sibling
    from .start import state

NAME = "app.log"
OLDER = ("app.1.log", "app.2.log", "app.3.log")
LIMIT = 1 << 20
"""Bytes; four files, so the folder stays at some 4 MB."""

SLACK = 1 << 16
"""Bytes that a line may be over LIMIT and still be kept whole."""

LOCK_TIMEOUT = 1.0
"""Seconds."""

APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
PRIVATE = 0o600
LOOK_EVERY = 10.0
"""Seconds. Output of children and of C code, such as Qt's messages, is not counted when it is
written."""


def path() -> "str | None":
    """The log's path, or None outside a bundle."""
    folder = sibling("bundle").log_folder()
    return os.path.join(folder, NAME) if folder else None


def opened() -> "int | None":
    """A descriptor of the log for writing, in a new file if the old one is full; None if none."""
    place = path()
    if place is None:
        return None
    try:
        os.makedirs(os.path.dirname(place), 0o700, exist_ok=True)
        if os.path.exists(place):
            status = os.stat(place)
            if not stat.S_ISREG(status.st_mode):
                return None
            if status.st_size >= LIMIT:
                make_room(place)
        return os.open(place, APPEND, PRIVATE)
    except (OSError, ValueError):
        return None


def make_room(place: str) -> None:
    """Moves the full log, and those before it, one name further; not while somebody writes."""
    folder = os.path.dirname(place)
    lock = locked(folder, "LOCK_EX")
    if lock is None:
        return
    try:
        if os.stat(place).st_size < LIMIT:
            return
        for number in range(len(OLDER) - 1, 0, -1):
            try:
                os.replace(f"{folder}/{OLDER[number - 1]}", f"{folder}/{OLDER[number]}")
            except FileNotFoundError:
                pass
        older = os.open(f"{folder}/{OLDER[0]}", APPEND, PRIVATE)
        with open(place, "r+b") as full, open(older, "wb") as copy:
            size = os.fstat(full.fileno()).st_size
            if size > LIMIT + SLACK:
                full.seek(size - LIMIT)
                full.readline()
            copy.write(full.read(LIMIT + SLACK))
            full.truncate(0)
    finally:
        os.close(lock)


def locked(folder: str, kind: str) -> "int | None":
    """Keeps a log from being emptied between somebody's look at its size and the line they write.

    Returns a descriptor to close. A writer waits LOCK_TIMEOUT at most, and who empties it not at
    all: what is waited for may stand below us, interrupted by a signal.
    """
    native: Any = sibling("private_stdlib").load("fcntl")
    time: Any = sibling("private_stdlib").load("time")
    try:
        file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    until = time.monotonic() + LOCK_TIMEOUT
    while native is not None:
        try:
            native.flock(file, getattr(native, kind) | native.LOCK_NB)
            return file
        except OSError:
            if kind == "LOCK_EX" or time.monotonic() > until:
                break
            time.sleep(LOCK_TIMEOUT / 1000)
    os.close(file)
    return None


def write(text: str) -> "str | None":
    """Adds lines to the log; returns its path, or None if they could not be written."""
    file = opened()
    if file is None:
        return None
    try:
        os.write(file, text.encode("utf-8", "backslashreplace"))
    except OSError:
        return None
    finally:
        os.close(file)
    return path()


def take_output() -> None:
    """Sends stdout and stderr to the log, if no terminal belongs to this process either.

    Launch Services starts an app with all three standard files on /dev/null and without a
    terminal; a person who writes `>/dev/null 2>&1` on a terminal wants it gone.
    """
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        pass
    else:
        return
    if reopened():
        state["log"] = True
        attach_streams()


def reopened() -> bool:
    """Puts descriptors 1 and 2 on the log that is to be written to now."""
    file = opened()
    if file is None:
        return False
    for standard in (1, 2):
        if file != standard:
            os.dup2(file, standard)
        else:
            os.set_inheritable(file, True)
    if file not in (1, 2):
        os.close(file)
    return True


def is_full() -> bool:
    """Whether stderr's log is full, or somebody has removed it."""
    place = path()
    try:
        ours = os.fstat(2)
        return ours.st_size >= LIMIT or ours.st_ino != os.stat(place or "").st_ino
    except OSError:
        return True


class LogFile(_io.FileIO):
    """A standard stream's lowest layer; what cannot be written is dropped."""

    def write(self, data: "Any") -> int:
        """Writes to the log, in a new file if this one is full."""
        if is_full():
            reopened()
        lock = locked(os.path.dirname(path() or ""), "LOCK_SH")
        try:
            return super().write(data) or 0
        except OSError:
            return len(memoryview(data).cast("B"))
        finally:
            if lock is not None:
                os.close(lock)


def attach_streams() -> None:
    """Makes sys.stdout and sys.stderr write to the log line by line, and keeps its size in view."""
    encoding, errors = state["stdio"]
    for file, name in ((1, "stdout"), (2, "stderr")):
        old: Any = getattr(sys, name)
        raw = LogFile(file, "w", closefd=False)
        raw.name = f"<{name}>"
        stream = _io.TextIOWrapper(
            _io.BufferedWriter(raw),
            getattr(old, "encoding", None) or encoding or "utf-8",
            "backslashreplace" if file == 2 else getattr(old, "errors", None) or errors or "strict",
            "\n",
            True,
        )
        vars(stream)["mode"] = "w"
        setattr(sys, name, stream)
        vars(sys)[f"__{name}__"] = stream
    watch()


def watch() -> None:
    """Has a thread look at the log's size, for output that does not come through Python."""
    if not state.get("log_watched"):
        import _thread

        state["log_watched"] = True
        state["threads"].add(_thread.start_new_thread(look_now_and_then, ()))


def look_now_and_then() -> None:
    """Begins a new log whenever this one is full."""
    import time

    while True:
        time.sleep(LOOK_EVERY)
        if is_full():
            reopened()
