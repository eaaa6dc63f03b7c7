"""NSApplication, alerts, run loops and queues: up to where the app would wait for events."""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...ending import Ended, unknown
from ...guest.text import to_bytes
from ...machine.emulator import Emulator
from ...machine.frame import Frame
from ...machine.models import data, models
from ...machine.objects import ClassObject, Dictionary, Instance, Text
from ...result import Outcome
from ..libc.text_output import emit_text
from ..libc.threads import run_waiting_threads
from ..objc.methods import methods
from ..objc.runtime import message
from ..values import give
from .state import FoundationProcess, FoundationState, QueuedCall, QueuedMessage
from .values import receiver, text_or_none

MAX_QUEUED = 1_000


@data("NSApp")
def app_variable(machine: Emulator) -> int:
    state = machine.state_of(FoundationState)
    state.app_variable = state.app_variable or machine.memory.keep(bytes(8))
    return state.app_variable


def application(frame: Frame) -> Instance:
    """The one NSApplication, made now if there is none."""
    machine = frame.machine
    state = machine.state_of(FoundationState)
    if state.application is None:
        of = machine.objects.at(machine.objects.class_address("NSApplication"))
        made = Instance("NSApplication", of=of if isinstance(of, ClassObject) else None)
        state.application = made
        machine.memory.put_u64(app_variable(machine), machine.objects.add(made))
        frame.process.milestone("NSApplication")
    return state.application


@methods("+[NSApplication sharedApplication]")
def shared_application(frame: Frame) -> int:
    return give(frame, application(frame))


@models("NSApplicationLoad")
def application_load(frame: Frame) -> int:
    application(frame)
    return 1


@methods(
    "-[NSApplication setActivationPolicy:]", "-[NSApplication activateIgnoringOtherApps:]",
    "-[NSApplication activate]", "-[NSApplication finishLaunching]",
    "-[NSApplication setMainMenu:]", "-[NSApplication setApplicationIconImage:]",
    "-[NSApplication hide:]", "-[NSApplication unhide:]", "-[NSApplication setServicesProvider:]",
    "-[NSApplication setWindowsNeedUpdate:]",
)  # fmt: skip
def setting(frame: Frame) -> int:
    if "Policy" in frame.name:
        frame.long(0)
    return 1


@methods("-[NSApplication activationPolicy]", "-[NSApplication isActive]",
         "-[NSApplication isRunning]")  # fmt: skip
def question(_frame: Frame) -> int:
    return 0


@methods("-[NSApplication setDelegate:]")
def set_delegate(frame: Frame) -> int:
    receiver(frame, Instance).values["delegate"] = frame.object(0)
    return 0


@methods("-[NSApplication delegate]")
def delegate(frame: Frame) -> int:
    return give(frame, receiver(frame, Instance).values.get("delegate"))


@methods("-[NSApplication terminate:]")
def terminate(frame: Frame) -> None:
    frame.machine.leave(0)


@methods("-[NSApplication run]")
def run(frame: Frame) -> None:
    """The delegate is told that the app was launched; then events would come, and none do."""
    found = application(frame)
    frame.process.milestone("event loop")
    target = found.values.get("delegate")
    if isinstance(target, Instance):
        for selector in ("applicationWillFinishLaunching:", "applicationDidFinishLaunching:"):
            message(frame.machine, target, selector, 0)
    wait_for_events(frame)


@models("NSApplicationMain")
def application_main(frame: Frame) -> None:
    application(frame)
    raise unknown("NSApplicationMain", "its nib or storyboard says what comes next")


def wait_for_events(frame: Frame) -> None:
    """Run what was put off until the event loop. Always raises Ended."""
    frame.process.milestone("event loop")
    run_waiting_threads(frame)
    done = 0
    while queue := frame.process.state_of(FoundationProcess).main_queue:
        _run_queued(frame, queue.pop(0))
        done += 1
        if done > MAX_QUEUED:
            raise Ended(Outcome.BUDGET, "Its event loop never comes to rest.", call="calls")
    raise Ended(
        Outcome.UNKNOWN_CALL,
        f"It waits for events ({frame.name}); what they make it do is not known.",
        call=frame.name,
    )


def _run_queued(frame: Frame, item: QueuedMessage | QueuedCall) -> None:
    if isinstance(item, QueuedCall):
        frame.machine.call(item.function, item.argument)
        return
    target = frame.machine.objects.at(item.receiver)
    if target is None or message(frame.machine, target, item.selector, item.argument) is None:
        raise unknown(f"a message {item.selector} that was put off")


@models("CFRunLoopRun", "dispatch_main", "CFRunLoopRunInMode", "RunApplicationEventLoop")
def run_loop(frame: Frame) -> None:
    wait_for_events(frame)


@methods("+[NSRunLoop currentRunLoop]", "+[NSRunLoop mainRunLoop]")
def current_loop(frame: Frame) -> int:
    return give(frame, Instance("NSRunLoop"))


@methods("-[NSRunLoop run]", "-[NSRunLoop runUntilDate:]", "-[NSRunLoop runMode:beforeDate:]")
def run_foundation_loop(frame: Frame) -> None:
    wait_for_events(frame)


# ---- queues --------------------------------------------------------------------------------------


@data("_dispatch_main_q")
def main_queue(machine: Emulator) -> int:
    return machine.memory.keep(bytes(64))


@models("dispatch_get_global_queue", "dispatch_queue_create", "dispatch_get_main_queue")
def some_queue(frame: Frame) -> int:
    return frame.memory.keep(bytes(64))


@models("dispatch_async", "dispatch_after", "dispatch_async_f", "dispatch_after_f")
def put_off(frame: Frame) -> int:
    """Queued work is taken to run once the main thread waits for events."""
    first = 1 if "after" in frame.name else 0
    queue = frame.process.state_of(FoundationProcess).main_queue
    if len(queue) > MAX_QUEUED:
        raise Ended(Outcome.BUDGET, "It queues work without an end.", call="calls")
    if frame.name.endswith("_f"):
        queue.append(QueuedCall(frame.raw(first + 2), frame.raw(first + 1)))
        return 0
    block = frame.raw(first + 1)
    queue.append(QueuedCall(frame.memory.u64(block + 16), block))
    return 0


@models("dispatch_sync", "dispatch_barrier_sync")
def run_now(frame: Frame) -> int:
    block = frame.raw(1)
    frame.machine.call(frame.memory.u64(block + 16), block)
    return 0


@models("dispatch_time")
def dispatch_time(_frame: Frame) -> int:
    return 1


# ---- alerts --------------------------------------------------------------------------------------


@methods("-[NSAlert setMessageText:]", "-[NSAlert setInformativeText:]",
         "-[NSAlert setAlertStyle:]", "-[NSAlert addButtonWithTitle:]",
         "-[NSAlert setIcon:]", "-[NSAlert layout]")  # fmt: skip
def alert_setting(frame: Frame) -> int:
    if "Text" in frame.name and (shown := text_or_none(frame, 0)):
        emit_text(frame, -1, to_bytes(f"[alert] {shown}\n"))
    return 0


@methods("-[NSAlert runModal]")
def alert_run(frame: Frame) -> int:
    """As if the first button had been clicked."""
    frame.process.milestone("alert")
    return 1000


@models("NSRunAlertPanel", "NSRunCriticalAlertPanel", "NSRunInformationalAlertPanel")
def alert_panel(frame: Frame) -> int:
    for index in (0, 1):
        value = frame.object(index)
        if isinstance(value, Text):
            emit_text(frame, -1, to_bytes(f"[alert] {value.text}\n"))
    frame.process.milestone("alert")
    return 1


@models("CGSessionCopyCurrentDictionary")
def session(frame: Frame) -> int:
    """There is a window server: the app was opened from Finder."""
    return give(frame, Dictionary())


@models("TransformProcessType", "SetFrontProcess", "GetCurrentProcess", "SetSystemUIMode")
def process_type(frame: Frame) -> int:
    if frame.name == "GetCurrentProcess":
        frame.memory.write(frame.pointer(0), bytes(4) + (2).to_bytes(4, "little"))
    return 0


@methods("+[NSWorkspace sharedWorkspace]")
def workspace(frame: Frame) -> int:
    return give(frame, Instance("NSWorkspace"))
