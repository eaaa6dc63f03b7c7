"""NSBundle: the main bundle's paths, Info.plist and resources."""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...ending import unknown
from ...guest import path_text
from ...guest.filesystem import FileError
from ...machine.frame import Frame
from ...machine.objects import ClassObject, Instance, Text
from ..main_bundle import FOLDERS, find_auxiliary, find_resource, info, main_bundle
from ..objc.methods import methods
from ..values import give, give_text
from .values import give_url, receiver, text, text_or_none


@methods("+[NSBundle mainBundle]")
def main_bundle_(frame: Frame) -> int:
    return give(frame, main_bundle(frame.machine))


@methods("+[NSBundle bundleForClass:]")
def bundle_for_class(frame: Frame) -> int:
    value = frame.object(0)
    if isinstance(value, ClassObject) and value.local is not None:
        return give(frame, main_bundle(frame.machine))
    raise unknown(frame.name, f"the bundle of {value} is not known")


@methods("+[NSBundle bundleWithPath:]", "-[NSBundle initWithPath:]", "+[NSBundle bundleWithURL:]")
def bundle_with_path(frame: Frame) -> int:
    path = path_text.clean(text(frame, 0))
    try:
        files = frame.machine.files
        files.status(files.absolute(path, frame.process.folder), frame.process.scratch)
    except FileError:
        return give(frame, None)
    return give(frame, Instance("NSBundle", {"path": path}))


def _path(frame: Frame) -> str:
    value = receiver(frame, Instance)
    return str(value.values.get("path") or frame.machine.files.bundle)


def _is_main(frame: Frame) -> bool:
    return "path" not in receiver(frame, Instance).values


@methods("-[NSBundle bundlePath]")
def bundle_path(frame: Frame) -> int:
    return give_text(frame, _path(frame))


@methods("-[NSBundle bundleURL]")
def bundle_url(frame: Frame) -> int:
    return give_url(frame, _path(frame), folder=True)


@methods("-[NSBundle executablePath]")
def executable_path(frame: Frame) -> int:
    _only_main(frame)
    return give_text(frame, frame.process.executable)


@methods("-[NSBundle executableURL]")
def executable_url(frame: Frame) -> int:
    _only_main(frame)
    return give_url(frame, frame.process.executable)


def _only_main(frame: Frame) -> None:
    if not _is_main(frame):
        raise unknown(frame.name, "it is asked of another bundle than the app's")


def _folder(frame: Frame) -> str:
    selector = frame.name.rpartition(" ")[2].rstrip("]")
    which = selector.removesuffix("Path").removesuffix("URL")
    return f"{_path(frame)}/{FOLDERS[which]}"


@methods(*(f"-[NSBundle {which}Path]" for which in FOLDERS if which != "supportFiles"))
def folder_path(frame: Frame) -> int:
    return give_text(frame, _folder(frame))


@methods(*(f"-[NSBundle {which}URL]" for which in FOLDERS if which != "supportFiles"))
def folder_url(frame: Frame) -> int:
    return give_url(frame, _folder(frame), folder=True)


@methods("-[NSBundle bundleIdentifier]")
def identifier(frame: Frame) -> int:
    _only_main(frame)
    value = info(frame.machine).items.get("CFBundleIdentifier")
    return give(frame, value if isinstance(value, Text) else None)


@methods("-[NSBundle infoDictionary]", "-[NSBundle localizedInfoDictionary]")
def info_dictionary(frame: Frame) -> int:
    _only_main(frame)
    return give(frame, info(frame.machine))


@methods("-[NSBundle objectForInfoDictionaryKey:]")
def info_value(frame: Frame) -> int:
    _only_main(frame)
    return give(frame, info(frame.machine).items.get(text(frame, 0)))


@methods("-[NSBundle pathForResource:ofType:]", "-[NSBundle pathForResource:ofType:inDirectory:]",
         "-[NSBundle URLForResource:withExtension:]",
         "-[NSBundle URLForResource:withExtension:subdirectory:]")  # fmt: skip
def resource(frame: Frame) -> int:
    _only_main(frame)
    folder = ""
    if frame.name.count(":") == 3:
        folder = text_or_none(frame, 2) or ""
    name, kind = text_or_none(frame, 0), text_or_none(frame, 1)
    if not name:
        raise unknown(frame.name, "it is asked for a resource without a name")
    found = find_resource(frame.machine, name, kind or "", folder)
    return give_url(frame, found) if "URLFor" in frame.name else give_text(frame, found)


@methods("-[NSBundle pathForAuxiliaryExecutable:]", "-[NSBundle URLForAuxiliaryExecutable:]")
def auxiliary(frame: Frame) -> int:
    _only_main(frame)
    found = find_auxiliary(frame.machine, text(frame, 0))
    return give_url(frame, found) if "URLFor" in frame.name else give_text(frame, found)


@methods("-[NSBundle load]", "-[NSBundle isLoaded]")
def load(frame: Frame) -> int:
    _only_main(frame)
    return 1


@methods("-[NSBundle localizedStringForKey:value:table:]")
def localized(frame: Frame) -> int:
    key, value = text_or_none(frame, 0), text_or_none(frame, 1)
    return give_text(frame, value or key or "")
