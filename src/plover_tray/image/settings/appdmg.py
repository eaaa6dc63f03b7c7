"""Appdmg's settings.json: in goes its text, out come dmgbuild's options, with appdmg's defaults.

What each key becomes is known from dmgbuild's `load_json`.
"""

import json
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails

from ...errors import ImageError, show_path
from . import kinds
from .wording import Loc, saying

_NO_SPEC = "the file must be a dictionary with a list `contents`"
_OF_THE_FILE: dict[tuple[str, Loc], str] = {
    ("model_type", ()): _NO_SPEC,
    ("missing", ("contents",)): _NO_SPEC,
    ("missing", ("title",)): "the file has no `title`, which is the name of the volume",
}


def _background(value: object, info: ValidationInfo) -> object:
    """Checked, and left as it is for the options."""
    kinds.background(value, info)
    return value


def _type(value: object) -> object:
    if value not in ("file", "link", "position"):
        kinds.refuse(f"is of the type {kinds.shown(value)}, not file, link or position")
    return value


_Background = Annotated[object, PlainValidator(_background)]
_Type = Annotated[str, PlainValidator(_type)]


class _Position(BaseModel):
    x: kinds.Measure = 100
    y: kinds.Measure = 100


class _Size(BaseModel):
    width: kinds.Side = 640
    height: kinds.Side = 480


class _Window(BaseModel):
    position: _Position | None = None
    size: _Size | None = None


class _Entry(BaseModel):
    """Something on the volume, or only its place in the window."""

    path: kinds.Text
    x: kinds.Measure
    y: kinds.Measure
    name: kinds.Text = ""
    type: _Type = "file"
    hide_extension: kinds.Truth = False
    hidden: kinds.Truth = False

    @model_validator(mode="after")
    def _is_there(self, info: ValidationInfo) -> Self:
        if self.type == "file":
            kinds.existing(self.path, info)
        return self

    @property
    def shown_name(self) -> str:
        """The entry's name on the volume."""
        given = "name" in self.model_fields_set
        return self.name if given else self.path.rstrip("/").rpartition("/")[2]


class _Spec(BaseModel):
    """The whole file."""

    model_config = ConfigDict(
        alias_generator=AliasGenerator(alias=lambda name: name.replace("_", "-"))
    )

    title: kinds.Text
    contents: Annotated[tuple[_Entry, ...], BeforeValidator(kinds.items)]
    icon: kinds.Existing | None = None
    badge_icon: kinds.Existing | None = None
    background: _Background = None
    background_color: _Background = None
    icon_size: kinds.IconSize | None = 80
    window: _Window | None = None
    format: kinds.Format | None = "UDZO"
    filesystem: kinds.Filesystem | None = "HFS+"
    compression_level: kinds.Whole | None = None
    license: kinds.Dictionary | None = None

    def options(self) -> dict[str, object]:
        """The same in dmgbuild's words."""
        window = self.window or _Window()
        position, size = window.position or _Position(), window.size or _Size()
        has_background = "background" in self.model_fields_set
        files = [e for e in self.contents if e.type == "file"]
        return {
            "volume_name": self.title,
            "icon": self.icon,
            "badge_icon": self.badge_icon,
            "background": self.background if has_background else self.background_color,
            "icon_size": self.icon_size,
            "window_rect": ((position.x, position.y), (size.width, size.height)),
            "format": self.format,
            "filesystem": self.filesystem,
            "compression_level": self.compression_level,
            "license": self.license,
            "files": [(entry.path, entry.shown_name) for entry in files],
            "symlinks": {e.shown_name: e.path for e in self.contents if e.type == "link"},
            "icon_locations": {e.shown_name: (e.x, e.y) for e in self.contents},
            "hide": [e.shown_name for e in self.contents if e.hidden],
            "hide_extensions": [e.shown_name for e in self.contents if e.hide_extension],
        }


def options_from_json(data: bytes, path: Path) -> dict[str, object]:
    """The options in the settings.json at `path`, whose contents are `data`.

    Raises ImageError that names each key in which something is wrong.
    """
    shown = show_path(path)
    try:
        spec = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ImageError(f"{shown} is not JSON: {show_path(str(error))}.") from None
    try:
        return _Spec.model_validate(spec, context={"source": path}).options()
    except ValidationError as error:
        details = [_detail(item) for item in error.errors(include_url=False)]
        raise ImageError.of_all(shown, details) from None


def _detail(item: ErrorDetails) -> str:
    kind, loc = item["type"], item["loc"]
    if (kind, loc) in _OF_THE_FILE:
        return _OF_THE_FILE[kind, loc]
    if kind == "missing":
        return f"{_key(loc[:-1])} has no {loc[-1]!r}"
    if kind == "model_type":
        return f"`{_key(loc)}` must be a dictionary"
    return f"{_key(loc[:-1] if loc[-1] == 'type' else loc)} {saying(item)}"


def _key(loc: Loc) -> str:
    """The path of a key: `contents[0].x`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return text.removeprefix(".")
