"""The settings of a DMG: the names, meanings and defaults are dmgbuild's.

Known from the documentation of dmgbuild 1.6, "Settings".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .colors import Color

Pair = tuple[float, float]

BUILTIN_BACKGROUND = "plover-tray"
"""The background that comes with this package."""
DMGBUILD_BACKGROUND = "builtin-arrow"
"""The one that comes with dmgbuild; ours stands in for it off a Mac."""

COLUMNS = {
    "name": ("name", 300, "ascending"),
    "date-modified": ("dateModified", 181, "descending"),
    "date-created": ("dateCreated", 181, "descending"),
    "date-added": ("dateAdded", 181, "descending"),
    "date-last-opened": ("dateLastOpened", 181, "descending"),
    "size": ("size", 97, "descending"),
    "kind": ("kind", 115, "ascending"),
    "label": ("label", 100, "ascending"),
    "version": ("version", 75, "ascending"),
    "comments": ("comments", 300, "ascending"),
}
"""Columns of a list view: the Finder's name, width and order (dmgbuild's documentation)."""

VIEWS = {
    "icon-view": b"icnv",
    "column-view": b"clmv",
    "list-view": b"Nlsv",
    "coverflow": b"Flwv",
}
FORMATS = ("UDZO", "UDBZ", "ULMO", "ULFO", "UDRO", "UDCO", "UDRW", "UDTO", "UFBI", "UDxx")
"""Those of hdiutil's formats that make sense for an app; only the first five are made off a Mac."""


@dataclass(frozen=True, slots=True)
class DmgSettings:
    """How a DMG is to be; each field has the name and meaning of dmgbuild's setting."""

    volume_name: str = ""
    filename: str = ""
    format: str = "UDBZ"
    filesystem: str = "HFS+"
    compression_level: int | None = None
    size: str | None = None
    files: tuple[tuple[Path, str], ...] = ()
    """(what is copied, its name on the volume)."""
    symlinks: Mapping[str, str] = field(default_factory=dict)
    hide: tuple[str, ...] = ()
    hide_extensions: tuple[str, ...] = ()
    icon: Path | None = None
    badge_icon: Path | None = None
    background: Path | Color | str | None = None
    """An image, a color, or the name of a background that comes with a program."""
    show_status_bar: bool = False
    show_tab_view: bool = False
    show_toolbar: bool = False
    show_pathbar: bool = False
    show_sidebar: bool = False
    sidebar_width: float = 180
    arrange_by: str | None = None
    grid_offset: Pair = (0, 0)
    grid_spacing: float = 100.0
    scroll_position: Pair = (0.0, 0.0)
    show_icon_preview: bool = False
    show_item_info: bool = False
    label_pos: str = "bottom"
    text_size: float = 16.0
    icon_size: float = 128.0
    include_icon_view_settings: object = "auto"
    include_list_view_settings: object = "auto"
    list_icon_size: float = 16.0
    list_text_size: float = 12.0
    list_scroll_position: Pair = (0, 0)
    list_sort_by: str = "name"
    list_use_relative_dates: bool = True
    list_calculate_all_sizes: bool = False
    list_columns: tuple[str, ...] = ("name", "date-modified", "size", "kind", "date-added")
    list_column_widths: Mapping[str, float] = field(
        default_factory=lambda: {name: width for name, (_, width, _) in COLUMNS.items()}
    )
    list_column_sort_directions: Mapping[str, str] = field(
        default_factory=lambda: {name: way for name, (_, _, way) in COLUMNS.items()}
    )
    window_rect: tuple[Pair, Pair] = ((100, 100), (640, 280))
    """((x, y), (width, height)) in points, y counted from the bottom of the screen."""
    default_view: str = "icon-view"
    icon_locations: Mapping[str, Pair] = field(default_factory=dict)
    """Where the middle of each icon is, from the top left of the window's contents."""
    license: Mapping[str, Any] | None = None
    create_hook: Callable[..., object] | None = None
    source: Path | None = None
    """The file that the settings are from."""
