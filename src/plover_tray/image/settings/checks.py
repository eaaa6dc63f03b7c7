"""Checking the options of a DMG: in goes a dictionary of anything, out comes `DmgSettings`.

Where an option is of a kind that dmgbuild would choke on, the error names it.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import ImageError, show_path
from .colors import Color, parse_color
from .settings import (
    BUILTIN_BACKGROUND,
    COLUMNS,
    DMGBUILD_BACKGROUND,
    FORMATS,
    VIEWS,
    DmgSettings,
    Pair,
)

MAX_NAMES = 10_000
"""Entries of one list."""


def settings_from(options: Mapping[str, object], source: Path | None = None) -> DmgSettings:
    """Check a dictionary of dmgbuild's options; what dmgbuild does not know is left out.

    Raises ImageError that names the option.
    """
    reader = _Reader(options, source)
    read = {
        name: method(name)
        for name, method in reader.methods().items()
        if name in options and options[name] is not None
    }
    settings = DmgSettings(**read, source=source)
    if settings.format not in FORMATS:
        raise reader.fault("format", f"is {settings.format!r}, not one of {', '.join(FORMATS)}")
    if settings.filesystem.upper() not in ("HFS+", "APFS"):
        raise reader.fault("filesystem", f"is {settings.filesystem!r}, not HFS+ or APFS")
    if settings.default_view not in VIEWS:
        raise reader.fault(
            "default_view", f"is {settings.default_view!r}, not one of {', '.join(VIEWS)}"
        )
    if settings.label_pos not in ("bottom", "right"):
        raise reader.fault("label_pos", f"is {settings.label_pos!r}, not bottom or right")
    for column in (*settings.list_columns, settings.list_sort_by):
        if column not in COLUMNS:
            raise reader.fault("list_columns", f"names {column!r}, not one of {', '.join(COLUMNS)}")
    if not 0 < min(settings.window_rect[1]) <= max(settings.window_rect[1]) <= 20_000:
        raise reader.fault("window_rect", "has a size that no window has")
    if not 8 <= settings.icon_size <= 1024 or not 4 <= settings.text_size <= 96:
        raise reader.fault("icon_size", "or text_size is one that the Finder does not have")
    return settings


class _Reader:
    """Reads options one by one, each with the check that its kind needs."""

    def __init__(self, options: Mapping[str, object], source: Path | None) -> None:
        self._options, self._source = options, source

    def fault(self, name: str, message: str) -> ImageError:
        where = "The settings" if self._source is None else show_path(self._source)
        return ImageError(f"{where}: {name} {message}.")

    def methods(self) -> dict[str, Callable[[str], Any]]:
        """How each option of dmgbuild is read."""
        kinds: dict[Callable[[str], Any], str] = {
            self.text: "volume_name filename format filesystem arrange_by label_pos list_sort_by"
            " default_view size",
            self.truth: "show_status_bar show_tab_view show_toolbar show_pathbar show_sidebar"
            " show_icon_preview show_item_info list_use_relative_dates list_calculate_all_sizes",
            self.number: "sidebar_width grid_spacing text_size icon_size list_icon_size"
            " list_text_size",
            self.pair: "grid_offset scroll_position list_scroll_position",
            self.names: "hide hide_extensions list_columns",
            self.path: "icon badge_icon",
            self.anything: "include_icon_view_settings include_list_view_settings",
            self.whole_number: "compression_level",
            self.files: "files",
            self.symlinks: "symlinks",
            self.background: "background",
            self.widths: "list_column_widths",
            self.directions: "list_column_sort_directions",
            self.rect: "window_rect",
            self.locations: "icon_locations",
            self.mapping: "license",
            self.function: "create_hook",
        }
        return {name: method for method, names in kinds.items() for name in names.split()}

    def anything(self, name: str) -> object:
        return self._options[name]

    def text(self, name: str) -> str:
        value = self._options[name]
        if isinstance(value, Path):
            return str(value)
        if name == "size" and isinstance(value, int):
            return str(value)
        if not isinstance(value, str):
            raise self.fault(name, f"must be a text, not {_what(value)}")
        return value

    def truth(self, name: str) -> bool:
        return bool(self._options[name])

    def number(self, name: str) -> float:
        return self._number(name, self._options[name])

    def whole_number(self, name: str) -> int:
        value = self._options[name]
        if isinstance(value, str) and value.isdecimal():
            return int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.fault(name, f"must be a whole number, not {_what(value)}")
        return value

    def pair(self, name: str) -> Pair:
        return self._pair(name, self._options[name])

    def rect(self, name: str) -> tuple[Pair, Pair]:
        value = self._options[name]
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            raise self.fault(name, "must be ((x, y), (width, height))")
        return self._pair(name, value[0]), self._pair(name, value[1])

    def names(self, name: str) -> tuple[str, ...]:
        value = self._list(name)
        if not all(isinstance(item, str) for item in value):
            raise self.fault(name, "must be a list of texts")
        return tuple(str(item) for item in value)

    def path(self, name: str) -> Path:
        return self._existing(name, self.text(name))

    def files(self, name: str) -> tuple[tuple[Path, str], ...]:
        found = []
        for item in self._list(name):
            if isinstance(item, (tuple, list)) and len(item) == 2:
                source, place = item
            else:
                source, place = item, None
            if not isinstance(source, (str, Path)) or not isinstance(place, (str, type(None))):
                raise self.fault(name, "must be a list of paths, or of pairs of a path and a name")
            real = self._existing(name, str(source))
            found.append(
                (real, str(source).rstrip("/").rpartition("/")[2] if place is None else place)
            )
        return tuple(found)

    def symlinks(self, name: str) -> dict[str, str]:
        value = self.mapping(name)
        if not all(isinstance(k, str) and isinstance(v, (str, Path)) for k, v in value.items()):
            raise self.fault(name, "must be a dictionary from names to targets")
        return {str(key): str(target) for key, target in value.items()}

    def background(self, name: str) -> Path | Color | str | None:
        value = self._options[name]
        if not isinstance(value, (str, Path)):
            return None  # dmgbuild takes anything but a text for no background
        text = str(value)
        if text in (BUILTIN_BACKGROUND, DMGBUILD_BACKGROUND):
            return text
        color = parse_color(text)
        return self._existing(name, text) if color is None else color

    def widths(self, name: str) -> dict[str, float]:
        return {str(key): self._number(name, n) for key, n in self.mapping(name).items()}

    def directions(self, name: str) -> dict[str, str]:
        return {str(key): str(way) for key, way in self.mapping(name).items()}

    def locations(self, name: str) -> dict[str, Pair]:
        return {str(key): self._pair(name, at) for key, at in self.mapping(name).items()}

    def mapping(self, name: str) -> Mapping[str, Any]:
        value = self._options[name]
        if not isinstance(value, Mapping) or len(value) > MAX_NAMES:
            raise self.fault(name, f"must be a dictionary, not {_what(value)}")
        return value

    def function(self, name: str) -> Callable[..., object] | None:
        value = self._options[name]
        return value if callable(value) else None

    def _list(self, name: str) -> Sequence[object]:
        value = self._options[name]
        if not isinstance(value, (tuple, list)) or len(value) > MAX_NAMES:
            raise self.fault(name, f"must be a list, not {_what(value)}")
        return value

    def _number(self, name: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.fault(name, f"must be a number, not {_what(value)}")
        if not -1e6 < value < 1e6:
            raise self.fault(name, f"is {value}, which is no measure of a window")
        return value

    def _pair(self, name: str, value: object) -> Pair:
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            raise self.fault(name, f"must be made of pairs (x, y), not {_what(value)}")
        return self._number(name, value[0]), self._number(name, value[1])

    def _existing(self, name: str, text: str) -> Path:
        """The file that an option names: from the current folder, or else beside the settings."""
        if not text or "\0" in text:
            raise self.fault(name, "names an empty path")
        places = [Path(text)]
        if self._source is not None:
            places.append(self._source.parent / text)
        for place in places:
            with contextlib.suppress(OSError, ValueError):
                if place.exists():
                    return place
        folders = dict.fromkeys(str(Path.cwd() / place.parent) for place in places)
        looked = " or ".join(show_path(folder) for folder in folders)
        raise self.fault(name, f"names {show_path(text)}, which is not there (looked in {looked})")


def _what(value: object) -> str:
    text = show_path(repr(value))
    return text if len(text) <= 60 else f"{text[:57]}..."
