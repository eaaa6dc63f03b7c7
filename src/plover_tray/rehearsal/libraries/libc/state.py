"""What the C library keeps: for the machine as a whole, and for each process."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class LibcState:
    """Where its variables are in the guest (0: not made yet), and its clock; forks share it."""

    argc: int = 0
    argv: int = 0
    """Cells that hold main's arguments."""
    environ: int = 0
    errno: int = 0
    thread: int = 0
    """What pthread_self gives."""
    thread_variables: int = 0
    """The main thread's copy of the image's template."""
    strtok: int = 0
    """Where strtok goes on."""
    path_buffers: dict[str, int] = field(default_factory=dict)
    """dirname's and basename's own buffers."""
    streams: dict[int, int] = field(default_factory=dict)
    """Cells of stdin, stdout and stderr, by descriptor."""
    clock: int = 0
    """Nanoseconds, which pass with each look."""
    once: set[int] = field(default_factory=set)
    """Addresses of pthread_once_t and dispatch_once_t that are done."""


@dataclass(slots=True)
class LibcProcess:
    """What a fork copies."""

    locale: bytes = b"C"
    thread_keys: dict[int, int] = field(default_factory=dict)
    """Values by key of pthread_key_create."""
    threads: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Function and argument of the threads that have not run, by handle."""
