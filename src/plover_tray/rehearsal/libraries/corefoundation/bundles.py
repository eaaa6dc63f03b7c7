"""CFBundle: the main bundle's URLs, Info.plist and resources.

Several URLs are relative to the bundle's, as CoreFoundation's own are: without being resolved they
give `Contents/Resources` (CFBundle.h: "the returned URL may be relative").
"""
# ruff: noqa: D103 - a model's name says which function it answers for

from ...guest.places import path_in_bundle
from ...machine.frame import Frame
from ...machine.models import models
from ...machine.objects import Instance, Text, Url
from ..main_bundle import FOLDERS, find_auxiliary, find_resource, info, main_bundle
from ..values import give, give_text
from .values import string

_FOLDERS = {
    "CFBundleCopyResourcesDirectoryURL": "resource",
    "CFBundleCopyPrivateFrameworksURL": "privateFrameworks",
    "CFBundleCopySharedFrameworksURL": "sharedFrameworks",
    "CFBundleCopySharedSupportURL": "sharedSupport",
    "CFBundleCopyBuiltInPlugInsURL": "builtInPlugIns",
    "CFBundleCopySupportFilesDirectoryURL": "supportFiles",
}


@models("CFBundleGetMainBundle")
def get_main(frame: Frame) -> int:
    return give(frame, main_bundle(frame.machine))


def _is_main(frame: Frame) -> bool:
    value = frame.object(0)
    return isinstance(value, Instance) and "path" not in value.values


@models("CFBundleCopyBundleURL")
def bundle_url(frame: Frame) -> int:
    if not _is_main(frame):
        return give(frame, None)
    return give(frame, Url(path=frame.machine.files.bundle, is_folder=True))


@models("CFBundleCopyExecutableURL", "CFBundleCopyMainExecutableURL")
def executable_url(frame: Frame) -> int:
    if not _is_main(frame):
        return give(frame, None)
    return give(frame, Url(path=frame.process.executable))


@models(*_FOLDERS)
def folder_url(frame: Frame) -> int:
    if not _is_main(frame):
        return give(frame, None)
    folder = FOLDERS[_FOLDERS[frame.name]]
    path = f"{frame.machine.files.bundle}/{folder}"
    return give(frame, Url(path=path, is_folder=True, relative=folder))


@models("CFBundleCopyResourceURL")
def resource_url(frame: Frame) -> int:
    """(bundle, name, type, folder); the last two may be NULL."""
    if not _is_main(frame):
        return give(frame, None)
    kind = string(frame, 2) if frame.raw(2) else ""
    folder = string(frame, 3) if frame.raw(3) else ""
    found = find_resource(frame.machine, string(frame, 1), kind, folder)
    if found is None:
        return give(frame, None)
    relative = path_in_bundle(found, frame.machine.files.bundle)
    return give(frame, Url(path=found, relative=relative))


@models("CFBundleCopyAuxiliaryExecutableURL")
def auxiliary_url(frame: Frame) -> int:
    found = find_auxiliary(frame.machine, string(frame, 1))
    return give(frame, None if found is None else Url(path=found))


@models("CFBundleGetIdentifier")
def identifier(frame: Frame) -> int:
    if not _is_main(frame):
        return give(frame, None)
    value = info(frame.machine).items.get("CFBundleIdentifier")
    return give(frame, value if isinstance(value, Text) else None)


@models("CFBundleGetInfoDictionary", "CFBundleGetLocalInfoDictionary")
def info_dictionary(frame: Frame) -> int:
    return give(
        frame,
        info(frame.machine) if _is_main(frame) else None,
    )


@models("CFBundleGetValueForInfoDictionaryKey")
def info_value(frame: Frame) -> int:
    if not _is_main(frame):
        return give(frame, None)
    return give(frame, info(frame.machine).items.get(string(frame, 1)))


@models("CFBundleGetVersionNumber")
def version_number(_frame: Frame) -> int:
    return 0


@models("CFBundleCopyLocalizedString")
def localized(frame: Frame) -> int:
    value = string(frame, 2) if frame.raw(2) else ""
    return give_text(frame, value or string(frame, 1))
