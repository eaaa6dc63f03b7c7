"""What Foundation and AppKit keep: for the machine as a whole, and for each process."""

from dataclasses import dataclass, field

from ...machine.objects import Instance


@dataclass(slots=True)
class FoundationState:
    """Objects of which there is one, made when they are first asked for; forks share it."""

    app_variable: int = 0
    """The address of NSApp."""
    application: Instance | None = None
    file_manager: Instance | None = None
    process_info: Instance | None = None
    shared: dict[str, Instance] = field(default_factory=dict)
    """Others, by class."""


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message that was put off; receiver and argument by address."""

    receiver: int
    selector: str
    argument: int


@dataclass(frozen=True, slots=True)
class QueuedCall:
    """A function of the guest that was put off."""

    function: int
    argument: int


@dataclass(slots=True)
class FoundationProcess:
    """What a fork copies."""

    main_queue: list[QueuedMessage | QueuedCall] = field(default_factory=list)
    """What waits for the event loop."""
