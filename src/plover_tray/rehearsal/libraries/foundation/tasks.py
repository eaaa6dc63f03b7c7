"""NSTask: a child process, as Foundation starts it."""
# ruff: noqa: D103 - a model's name says which function it answers for

import errno

from ...ending import unknown
from ...guest.filesystem import FileError
from ...guest.process import Child
from ...guest.text import to_bytes
from ...machine.frame import Frame
from ...machine.objects import GuestObject, Instance, Task
from ..objc.methods import methods
from ..processes import runnable, start
from ..values import give
from .values import dictionary_of, receiver, text, text_or_none, texts_of


@methods("-[NSTask setLaunchPath:]", "-[NSTask setExecutableURL:]")
def set_path(frame: Frame) -> int:
    receiver(frame, Task).path = text(frame, 0)
    return 0


@methods("-[NSTask setArguments:]")
def set_arguments(frame: Frame) -> int:
    receiver(frame, Task).arguments = texts_of(frame.object(0))
    return 0


@methods("-[NSTask setEnvironment:]")
def set_environment(frame: Frame) -> int:
    value = frame.object(0)
    receiver(frame, Task).environment = dictionary_of(value) if value is not None else None
    return 0


@methods("-[NSTask setCurrentDirectoryPath:]", "-[NSTask setCurrentDirectoryURL:]")
def set_folder(frame: Frame) -> int:
    receiver(frame, Task).folder = text_or_none(frame, 0)
    return 0


@methods("-[NSTask setStandardInput:]", "-[NSTask setStandardOutput:]",
         "-[NSTask setStandardError:]", "-[NSTask setQualityOfService:]",
         "-[NSTask setTerminationHandler:]")  # fmt: skip
def setting(_frame: Frame) -> int:
    return 0


@methods("-[NSTask launch]")
def launch(frame: Frame) -> int:
    if _launch(frame, receiver(frame, Task)) is None:
        raise unknown(frame.name, "there is no such program, so that it raises an exception")
    return 0


@methods("-[NSTask launchAndReturnError:]")
def launch_with_error(frame: Frame) -> int:
    if _launch(frame, receiver(frame, Task)) is not None:
        return 1
    _put_error(frame, frame.pointer(0))
    return 0


@methods("+[NSTask launchedTaskWithLaunchPath:arguments:]")
def launched(frame: Frame) -> int:
    task = Task(path=text(frame, 0), arguments=texts_of(frame.object(1)))
    if _launch(frame, task) is None:
        raise unknown(frame.name, "there is no such program, so that it raises an exception")
    return give(frame, task)


@methods("+[NSTask launchedTaskWithExecutableURL:arguments:error:terminationHandler:]")
def launched_url(frame: Frame) -> int:
    task = Task(path=text(frame, 0), arguments=texts_of(frame.object(1)))
    if _launch(frame, task) is None:
        _put_error(frame, frame.pointer(2))
        return give(frame, None)
    return give(frame, task)


def _put_error(frame: Frame, place: int) -> None:
    if place:
        error = Instance("NSError", {"text": "The file doesn’t exist.", "code": 4})
        frame.memory.put_u64(place, frame.machine.objects.add(error))


def _launch(frame: Frame, task: Task) -> Child | None:
    """Note the child; None where the program is not there. argv[0] is the program's path."""
    if task.path is None:
        return None
    try:
        target = runnable(frame, task.path)
        folder = frame.process.folder
        if task.folder is not None:
            files = frame.machine.files
            found = files.status(files.absolute(task.folder, folder), frame.process.scratch)
            if not found.is_directory:
                raise FileError(errno.ENOTDIR)
            folder = found.path
    except FileError:
        return None
    variables = None
    if task.environment is not None:
        variables = [to_bytes(f"{name}={value}") for name, value in task.environment.items()]
    words = [target, *task.arguments]
    child = start(frame, frame.name, target, words, variables, folder)
    task.process_id = child.process_id
    return child


def _child(frame: Frame) -> Child | None:
    number = receiver(frame, Task).process_id
    return next((c for c in frame.process.children if c.process_id == number), None)


@methods("-[NSTask waitUntilExit]")
def wait(frame: Frame) -> int:
    if (child := _child(frame)) is not None:
        child.waited_for = child.reaped = True
    return 0


@methods("-[NSTask terminationStatus]", "-[NSTask terminationReason]")
def status(frame: Frame) -> int:
    return 0 if "Status" in frame.name else 1


@methods("-[NSTask processIdentifier]")
def process_identifier(frame: Frame) -> int:
    return receiver(frame, Task).process_id or 0


@methods("-[NSTask isRunning]")
def is_running(frame: Frame) -> int:
    child = _child(frame)
    return int(child is not None and not child.reaped)


@methods("-[NSTask terminate]", "-[NSTask interrupt]", "-[NSTask suspend]", "-[NSTask resume]")
def terminate(_frame: Frame) -> int:
    return 1


@methods("+[NSPipe pipe]")
def pipe(frame: Frame) -> int:
    return give(frame, GuestObject("NSPipe"))


@methods("-[NSPipe fileHandleForReading]", "-[NSPipe fileHandleForWriting]")
def pipe_handle(frame: Frame) -> int:
    return give(frame, GuestObject("NSFileHandle"))


@methods("+[NSFileHandle fileHandleWithNullDevice]",
         "+[NSFileHandle fileHandleWithStandardOutput]",
         "+[NSFileHandle fileHandleWithStandardError]",
         "+[NSFileHandle fileHandleWithStandardInput]")  # fmt: skip
def null_handle(frame: Frame) -> int:
    return give(frame, GuestObject("NSFileHandle"))


@methods("-[NSFileHandle closeFile]", "-[NSFileHandle writeData:]")
def close(_frame: Frame) -> int:
    return 0
