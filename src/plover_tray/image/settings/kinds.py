"""The kinds of values that a DMG's settings have, as pydantic checks them.

A value comes as a project's Python made it, so it may be anything. What is said of a wrong one is
the end of a sentence that begins with the option's name. Paths are looked for as
`context["source"]`, the settings file or None, says.
"""

import contextlib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    InstanceOf,
    PlainValidator,
    Strict,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from ...errors import show_path
from .colors import Color, parse_color
from .settings import BUILTIN_BACKGROUND, COLUMNS, DMGBUILD_BACKGROUND, FORMATS, VIEWS

MAX_NAMES = 10_000
"""Entries of one list."""
MAX_WINDOW = 20_000
"""Points of a window's side."""

T = TypeVar("T")


def refuse(sentence: str) -> NoReturn:
    """Tell pydantic what is wrong with the value at hand."""
    raise PydanticCustomError("refused", "{sentence}", {"sentence": sentence})


def shown(value: object) -> str:
    """A value as Python writes it, cut where it is long."""
    try:
        text = show_path(repr(value))
    except Exception:  # noqa: BLE001  the value's own code, or a number with too many digits
        text = f"a value of the type {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _ask(question: Callable[[], T]) -> T:
    """What the value's own code answers."""
    try:
        return question()
    except Exception as error:  # noqa: BLE001  whatever a project's class raises
        refuse(f"is a value whose own code fails: {type(error).__name__}")


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def _size(value: object) -> object:
    return _ask(lambda: str(value)) if isinstance(value, int) else _as_text(value)


def _whole(value: object) -> object:
    """Some write it as a text, which dmgbuild hands to hdiutil as it is."""
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 20 else value


def _as_written(value: object, check: ValidatorFunctionWrapHandler) -> Any:
    """Whole numbers stay whole: the Finder's records tell them apart."""
    check(value)
    return value


def _is(known: Collection[str], listed: str, verb: str = "is") -> AfterValidator:
    """The check that a text is one of those that are known."""

    def check(text: str) -> str:
        if text not in known:
            refuse(f"{verb} {shown(text)}, not {listed}")
        return text

    return AfterValidator(check)


def _one_of(known: Collection[str], verb: str = "is") -> AfterValidator:
    return _is(known, f"one of {', '.join(known)}", verb)


def _filesystem(text: str) -> str:
    if text.upper() not in ("HFS+", "APFS"):
        refuse(f"is {shown(text)}, not HFS+ or APFS")
    return text


def items(value: object) -> tuple[object, ...]:
    """The entries of a list, of which there are not too many."""
    if not isinstance(value, tuple | list):
        refuse(f"must be a list, not {shown(value)}")
    if len(value) > MAX_NAMES:
        refuse(f"has more than {MAX_NAMES:,} entries")
    return tuple(value)


def _mapping(value: object) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        refuse(f"must be a dictionary, not {shown(value)}")
    if _ask(lambda: len(value)) > MAX_NAMES:
        refuse(f"has more than {MAX_NAMES:,} entries")
    return value


def _by_name(value: object) -> dict[str, object]:
    mapping = _mapping(value)
    return _ask(lambda: {str(key): item for key, item in mapping.items()})


def _ways(value: object) -> dict[str, str]:
    named = _by_name(value)
    return _ask(lambda: {key: str(way) for key, way in named.items()})


def _symlinks(value: object) -> dict[str, str]:
    mapping = _mapping(value)
    pairs = _ask(lambda: list(mapping.items()))
    if not all(isinstance(name, str) and isinstance(to, str | Path) for name, to in pairs):
        refuse("must be a dictionary from names to targets")
    return {str(name): str(to) for name, to in pairs}


def _name(value: object) -> str:
    if not isinstance(value, str):
        refuse(f"must be a list of strings, and holds {shown(value)}")
    return value


def _pair(value: object) -> object:
    if not isinstance(value, tuple | list) or len(value) != 2:
        refuse(f"must be made of pairs (x, y), not {shown(value)}")
    return tuple(value)


def _rect(value: object) -> object:
    if not isinstance(value, tuple | list) or len(value) != 2:
        refuse("must be ((x, y), (width, height))")
    return tuple(value)


def _window(rect: "tuple[Pair, Pair]") -> "tuple[Pair, Pair]":
    if not 0 < min(rect[1]) <= max(rect[1]) <= MAX_WINDOW:
        refuse("has a size that no window has")
    return rect


def _file(item: object, info: ValidationInfo) -> tuple[Path, str]:
    source, place = item if isinstance(item, tuple | list) and len(item) == 2 else (item, None)
    if not isinstance(source, str | Path) or not isinstance(place, str | None):
        refuse("must be a list of paths, or of pairs of a path and a name")
    last = str(source).rstrip("/").rpartition("/")[2]
    return existing(source, info), last if place is None else place


def existing(value: object, info: ValidationInfo) -> Path:
    """The file that an option names: from the current folder, or else beside the settings."""
    if not isinstance(value, str | Path):
        refuse(f"must be a string, not {shown(value)}")
    text = str(value)
    if not text or "\0" in text:
        refuse("names an empty path")
    source: Path | None = (info.context or {}).get("source")
    places = [Path(text)] if source is None else [Path(text), source.parent / text]
    for place in places:
        with contextlib.suppress(OSError, ValueError):
            if place.exists():
                return place
    folders = dict.fromkeys(str(Path.cwd() / place.parent) for place in places)
    looked = " or ".join(show_path(folder) for folder in folders)
    refuse(f"names {show_path(text)}, which is not there (looked in {looked})")


def background(value: object, info: ValidationInfo) -> Path | Color | str | None:
    """A background; dmgbuild takes anything but a text for none."""
    if not isinstance(value, str | Path):
        return None
    text = str(value)
    if text in (BUILTIN_BACKGROUND, DMGBUILD_BACKGROUND):
        return text
    color = parse_color(text)
    return existing(text, info) if color is None else color


def _hook(value: object) -> object:
    return value if callable(value) else None


Text = Annotated[InstanceOf[str], BeforeValidator(_as_text)]
"""Any string, also one that no Unicode text is, as names of files may be."""
Size = Annotated[InstanceOf[str], BeforeValidator(_size)]
Format = Annotated[Text, _one_of(FORMATS)]
Filesystem = Annotated[Text, AfterValidator(_filesystem)]
View = Annotated[Text, _one_of(VIEWS)]
LabelPosition = Annotated[Text, _is(("bottom", "right"), "bottom or right")]
Truth = Annotated[bool, BeforeValidator(lambda value: _ask(lambda: bool(value)))]
Whole = Annotated[int, Strict(), BeforeValidator(_whole)]
Measure = Annotated[
    float, Field(strict=True, gt=-1e6, lt=1e6, allow_inf_nan=False), WrapValidator(_as_written)
]
IconSize = Annotated[Measure, Field(ge=8, le=1024)]
"""Points; what the Finder's settings go to, and somewhat beyond."""
TextSize = Annotated[Measure, Field(ge=4, le=96)]
Side = Annotated[Measure, Field(gt=0, le=MAX_WINDOW)]
Pair = Annotated[tuple[Measure, Measure], BeforeValidator(_pair)]
Rect = Annotated[tuple[Pair, Pair], BeforeValidator(_rect), AfterValidator(_window)]
Names = Annotated[tuple[Annotated[str, PlainValidator(_name)], ...], BeforeValidator(items)]
Column = Annotated[Text, _one_of(COLUMNS)]
ListedColumn = Annotated[str, PlainValidator(_name), _one_of(COLUMNS, "names")]
Columns = Annotated[tuple[ListedColumn, ...], BeforeValidator(items)]
Widths = Annotated[dict[Any, Measure], BeforeValidator(_by_name)]
Locations = Annotated[dict[Any, Pair], BeforeValidator(_by_name)]
Ways = Annotated[dict[str, str], PlainValidator(_ways)]
Symlinks = Annotated[dict[str, str], PlainValidator(_symlinks)]
Dictionary = Annotated[Mapping[Any, Any], PlainValidator(_mapping)]
Existing = Annotated[Path, PlainValidator(existing)]
Files = Annotated[
    tuple[Annotated[tuple[Path, str], PlainValidator(_file)], ...], BeforeValidator(items)
]
Background = Annotated[Path | Color | str | None, PlainValidator(background)]
Hook = Annotated[Callable[..., object] | None, PlainValidator(_hook)]
