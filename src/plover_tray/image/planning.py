"""Planning a volume: in go settings, out comes what is to be on it, with the files made for it.

Made are the picture behind the icons, the volume's icon, and .DS_Store, which says where all is.
"""

from dataclasses import replace
from pathlib import Path

from ..errors import show_path
from .contents import Contents, collect
from .hfs.names import hfs_name
from .hfs.records import HIDES_EXTENSION, IS_INVISIBLE
from .settings.settings import DmgSettings
from .volume import DS_STORE, Facts, VolumePlan
from .window.background import background_file
from .window.dsstore import background_alias, ds_store
from .window.icons import VOLUME_ICON, badged_disk, check_icns


def plan_volume(
    settings: DmgSettings, folder: Path, now: int, *, clamp: bool
) -> tuple[VolumePlan, list[str]]:
    """What the volume is to be, and what a person should know of it, a line each.

    `now` is the date of the volume, in seconds since 1970; with `clamp` nothing on it is later.
    Raises ImageError for what is not there or cannot be kept.
    """
    notes = _notes(settings)
    files = list(settings.files)
    background = background_file(settings, folder)
    if background is not None:
        files.append(background)
    if settings.icon is not None:
        check_icns(settings.icon)
        files.append((settings.icon, VOLUME_ICON))
    elif settings.badge_icon is not None:
        icon = folder / "volume.icns"
        icon.write_bytes(badged_disk(settings.badge_icon))
        files.append((icon, VOLUME_ICON))

    def view(facts: Facts | None) -> bytes:
        if background is None:
            return ds_store(settings, folder, None)
        number = facts.ids[background[1]] if facts else 0
        created = facts.created if facts else 0
        return ds_store(
            settings, folder, background_alias(settings.volume_name, background[1], created, number)
        )

    empty_view = folder / "view"
    empty_view.write_bytes(view(None))
    files.append((empty_view, DS_STORE))
    contents = collect(files, settings.symlinks, now)
    notes += _changed_names(contents)
    made = [name for source, name in files if source.parent == folder]
    plan = VolumePlan(
        name=settings.volume_name,
        contents=_dated(contents, made, now),
        created=now,
        clamp=clamp,
        finder_flags=_finder_flags(settings, contents, notes),
        custom_icon=VOLUME_ICON in contents.items,
        ds_store=view,
    )
    return plan, notes


def _notes(settings: DmgSettings) -> list[str]:
    notes = []
    if settings.size is not None:
        notes.append("`size` is not needed off a Mac: the volume is as large as its contents.")
    if settings.icon is None and settings.badge_icon is not None:
        notes.append("The disk behind `badge_icon` is drawn; on a Mac it is the system's own.")
    return notes


def _changed_names(contents: Contents) -> list[str]:
    """A seal names files in the form they had; on the volume they are decomposed."""
    below = {path: path.partition("/")[2] for path in contents.items}
    inner = [path for path, name in below.items() if hfs_name(name) != name]
    if not inner:
        return []
    note = (
        f"{len(inner)} names in the app change their Unicode form on an HFS+ volume, such as"
        f" {show_path(inner[0])}; a seal made with the old form breaks (known from"
        " electron-userland/electron-builder#7901). Rename them, best to ASCII, before sealing."
    )
    return [note]


def _dated(contents: Contents, made: list[str], now: int) -> Contents:
    """Files made for the image get plain permissions and its date, whatever the umask is."""
    items = dict(contents.items)
    for name in made:
        items[name] = replace(items[name], mode=0o644, modified=now)
    return replace(contents, items=items)


def _finder_flags(settings: DmgSettings, contents: Contents, notes: list[str]) -> dict[str, int]:
    flags: dict[str, int] = {}
    for option, names, flag in (
        ("hide", settings.hide, IS_INVISIBLE),
        ("hide_extensions", settings.hide_extensions, HIDES_EXTENSION),
        ("icon_locations", tuple(settings.icon_locations), 0),
    ):
        for name in names:
            if name.strip("/") in contents.items:
                flags[name.strip("/")] = flags.get(name.strip("/"), 0) | flag
            else:
                notes.append(f"`{option}` names {show_path(name)}, which is not in the image.")
    return flags
