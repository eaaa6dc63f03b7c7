"""The Finder's view of a volume: in go settings, out come the bytes of its .DS_Store.

The records are those that dmgbuild writes on a Mac: window, view, places of icons, background.
"""

import datetime
from pathlib import Path
from typing import Any

from ds_store import DSStore
from mac_alias import Alias
from mac_alias.alias import ALIAS_FIXED_DISK, ALIAS_KIND_FILE, TargetInfo, VolumeInfo

from ..hfs.records import EPOCH, ROOT_FOLDER
from ..settings.settings import COLUMNS, VIEWS, DmgSettings

ARRANGED = {name: known for name, (known, _, _) in COLUMNS.items()}
_OFF = ("auto", "no", 0, False, None)
"""Values of `include_..._view_settings` that leave the choice to the default view."""
_BY_IMAGE, _BY_COLOR = 2, 1
"""Kinds of background."""


def ds_store(settings: DmgSettings, folder: Path, background: Alias | None) -> bytes:
    """The .DS_Store of a volume's top folder; `folder` is there to work in.

    `background` is the picture behind the icons. The same settings give the same bytes, and another
    alias of the same file, as many.
    """
    path = folder / "DS_Store"
    path.unlink(missing_ok=True)
    with DSStore.open(str(path), "w+") as store:
        store["."]["vSrn"] = ("long", 1)
        store["."]["bwsp"] = _window(settings)
        if settings.default_view == "icon-view" or settings.include_icon_view_settings not in _OFF:
            store["."]["icvp"] = _icon_view(settings, background)
        listed = settings.default_view in ("list-view", "coverflow")
        if listed or settings.include_list_view_settings not in _OFF:
            store["."]["lsvp"] = _list_view(settings)
        store["."]["icvl"] = ("type", VIEWS[settings.default_view])
        for name, (x, y) in settings.icon_locations.items():
            store[name]["Iloc"] = (round(x) & 0xFFFFFFFF, round(y) & 0xFFFFFFFF)
    return path.read_bytes()


def background_alias(volume_name: str, file_name: str, created: int, node_id: int) -> Alias:
    """An alias of a file at the top of a volume, as macOS would make it; 0 where not yet known.

    `created` is the volume's creation date and the file's, in seconds since 1904. mac_alias makes
    aliases of files only on a Mac; the fields are those that it fills in there.
    """
    date = datetime.datetime.fromtimestamp(max(created - EPOCH, 0), datetime.UTC)
    zero = b"\0\0\0\0"
    volume = VolumeInfo(volume_name, date, b"H+", ALIAS_FIXED_DISK, 0, b"\0\0")
    volume.posix_path = f"/Volumes/{volume_name}"
    target = TargetInfo(ALIAS_KIND_FILE, file_name, ROOT_FOLDER, node_id, date, zero, zero)
    target.folder_name = volume_name
    target.posix_path = f"/{file_name}"
    target.carbon_path = f"{volume_name}:{file_name}"
    return Alias(volume=volume, target=target)


def _window(settings: DmgSettings) -> dict[str, Any]:
    (x, y), (width, height) = settings.window_rect
    return {
        "ShowStatusBar": settings.show_status_bar,
        "WindowBounds": f"{{{{{x:g}, {y:g}}}, {{{width:g}, {height:g}}}}}",
        "ContainerShowSidebar": False,
        "PreviewPaneVisibility": False,
        "SidebarWidth": _plain(settings.sidebar_width),
        "ShowTabView": settings.show_tab_view,
        "ShowToolbar": settings.show_toolbar,
        "ShowPathbar": settings.show_pathbar,
        "ShowSidebar": settings.show_sidebar,
    }


def _icon_view(settings: DmgSettings, background: Alias | None) -> dict[str, Any]:
    view: dict[str, Any] = {
        "viewOptionsVersion": 1,
        "backgroundType": 0,
        "backgroundColorRed": 1.0,
        "backgroundColorGreen": 1.0,
        "backgroundColorBlue": 1.0,
        "gridOffsetX": float(settings.grid_offset[0]),
        "gridOffsetY": float(settings.grid_offset[1]),
        "gridSpacing": float(settings.grid_spacing),
        "arrangeBy": ARRANGED.get(settings.arrange_by or "", "none"),
        "showIconPreview": settings.show_icon_preview,
        "showItemInfo": settings.show_item_info,
        "labelOnBottom": settings.label_pos == "bottom",
        "textSize": float(settings.text_size),
        "iconSize": float(settings.icon_size),
        "scrollPositionX": float(settings.scroll_position[0]),
        "scrollPositionY": float(settings.scroll_position[1]),
    }
    if background is not None:
        view["backgroundType"] = _BY_IMAGE
        view["backgroundImageAlias"] = background.to_bytes()
    elif isinstance(settings.background, tuple):
        view["backgroundType"] = _BY_COLOR
        red, green, blue = settings.background
        view["backgroundColorRed"] = float(red)
        view["backgroundColorGreen"] = float(green)
        view["backgroundColorBlue"] = float(blue)
    return view


def _list_view(settings: DmgSettings) -> dict[str, Any]:
    shown = list(dict.fromkeys(settings.list_columns))
    columns = {}
    for index, column in enumerate([*shown, *(name for name in COLUMNS if name not in shown)]):
        identifier, width, way = COLUMNS[column]
        columns[identifier] = {
            "index": index,
            "width": _plain(settings.list_column_widths.get(column, width)),
            "identifier": identifier,
            "visible": column in shown,
            "ascending": settings.list_column_sort_directions.get(column, way) == "ascending",
        }
    return {
        "viewOptionsVersion": 1,
        "sortColumn": COLUMNS[settings.list_sort_by][0],
        "textSize": float(settings.list_text_size),
        "iconSize": float(settings.list_icon_size),
        "showIconPreview": settings.show_icon_preview,
        "scrollPositionX": _plain(settings.list_scroll_position[0]),
        "scrollPositionY": _plain(settings.list_scroll_position[1]),
        "useRelativeDates": settings.list_use_relative_dates,
        "calculateAllSizes": settings.list_calculate_all_sizes,
        "columns": columns,
    }


def _plain(number: float) -> int | float:
    return int(number) if number == int(number) else number
