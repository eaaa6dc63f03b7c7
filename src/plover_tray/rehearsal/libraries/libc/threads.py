"""Threads, locks, things done once, and each thread's own variables.

Only one thread ever runs. What another would do is done when somebody waits for it: at a join, or
when the main thread waits for events.
"""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...ending import Ended
from ...machine.frame import Frame
from ...machine.models import models
from ...result import Outcome
from .state import LibcProcess, LibcState

MAX_THREADS = 200


@models(
    "pthread_mutex_init", "pthread_mutex_lock", "pthread_mutex_unlock", "pthread_mutex_destroy",
    "pthread_mutexattr_init", "pthread_mutexattr_settype", "pthread_mutexattr_destroy",
    "pthread_attr_init", "pthread_attr_destroy", "pthread_attr_setstacksize",
    "pthread_attr_setdetachstate", "pthread_setname_np", "pthread_cond_init",
    "pthread_cond_destroy", "pthread_cond_signal", "pthread_cond_broadcast", "pthread_key_delete",
    "pthread_rwlock_init", "pthread_rwlock_rdlock", "pthread_rwlock_wrlock",
    "pthread_rwlock_unlock", "pthread_set_qos_class_self_np", "os_unfair_lock_lock",
    "os_unfair_lock_unlock", "OSSpinLockLock", "OSSpinLockUnlock", "pthread_atfork",
    "dispatch_release", "dispatch_retain",
)  # fmt: skip
def alone(_frame: Frame) -> int:
    """Only one thread ever runs, so that locks are free."""
    return 0


@models("pthread_main_np")
def pthread_main(_frame: Frame) -> int:
    return 1


@models("pthread_self")
def pthread_self(frame: Frame) -> int:
    state = frame.machine.state_of(LibcState)
    state.thread = state.thread or frame.memory.keep(bytes(256))
    return state.thread


@models("pthread_equal")
def pthread_equal(frame: Frame) -> int:
    return int(frame.raw(0) == frame.raw(1))


@models("pthread_once")
def pthread_once(frame: Frame) -> int:
    return _once(frame, frame.pointer(0), frame.pointer(1))


@models("dispatch_once_f")
def dispatch_once_f(frame: Frame) -> int:
    return _once(frame, frame.pointer(0), frame.pointer(2), frame.raw(1))


@models("dispatch_once", "_dispatch_once")
def dispatch_once(frame: Frame) -> int:
    block = frame.pointer(1)
    return _once(frame, frame.pointer(0), frame.memory.u64(block + 16), block)


def _once(frame: Frame, place: int, function: int, *arguments: int) -> int:
    done = frame.machine.state_of(LibcState).once
    if place not in done:
        done.add(place)
        frame.memory.put_u64(place, (1 << 64) - 1)
        frame.machine.call(function, *arguments)
    return 0


@models("pthread_key_create")
def pthread_key_create(frame: Frame) -> int:
    keys = frame.process.state_of(LibcProcess).thread_keys
    keys[len(keys) + 1] = 0
    frame.memory.put_u64(frame.pointer(0), len(keys))
    return 0


@models("pthread_setspecific", "pthread_getspecific")
def pthread_specific(frame: Frame) -> int:
    keys = frame.process.state_of(LibcProcess).thread_keys
    if frame.name == "pthread_setspecific":
        keys[frame.raw(0)] = frame.raw(1)
        return 0
    return keys.get(frame.raw(0), 0)


@models("_tlv_bootstrap")
def thread_variable(frame: Frame) -> int:
    """Give a thread's variable its address; the descriptor is {thunk, key, offset}."""
    machine = frame.machine
    frame.silent = True
    descriptor = frame.raw(0)
    state = machine.state_of(LibcState)
    if not state.thread_variables:
        start, size = machine.image.thread_template()
        template = machine.memory.read(start, size) if size else bytes(16)
        state.thread_variables = machine.memory.keep(template)
    return state.thread_variables + machine.memory.u64(descriptor + 16)


# ---- other threads -------------------------------------------------------------------------------


@models("pthread_create")
def pthread_create(frame: Frame) -> int:
    """(thread, attributes, function, argument)"""
    threads = frame.process.state_of(LibcProcess).threads
    if len(threads) >= MAX_THREADS:
        raise Ended(Outcome.BUDGET, f"It starts more than {MAX_THREADS} threads.", call="threads")
    handle = frame.memory.keep(bytes(64))
    threads[handle] = (frame.pointer(2), frame.pointer(3))
    frame.memory.put_u64(frame.pointer(0), handle)
    return 0


@models("pthread_join")
def pthread_join(frame: Frame) -> int:
    """The thread's function is run now."""
    handle, place = frame.pointer(0), frame.pointer(1)
    waiting = frame.process.state_of(LibcProcess).threads.pop(handle, None)
    if waiting is None:
        return 3  # ESRCH
    result = frame.machine.call(*waiting)
    if place:
        frame.memory.put_u64(place, result)
    return 0


@models("pthread_detach")
def pthread_detach(frame: Frame) -> int:
    frame.pointer(0)
    return 0


def run_waiting_threads(frame: Frame) -> None:
    """Run what other threads would have done by the time the main thread waits."""
    threads = frame.process.state_of(LibcProcess).threads
    while threads:
        frame.machine.call(*threads.pop(next(iter(threads))))
