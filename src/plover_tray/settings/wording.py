"""What pydantic says of a `[tool.plover-tray]`, in plain English.

In goes its ValidationError, out come sentences without a full stop, each with its key's path:
"tool.plover-tray.sign.hardened: must be true or false".
"""

import difflib
import json
import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from ..errors import show_long_path

TABLE = ("tool", "plover-tray")
_SECRETS = ("password", "secret", "token", "api-key-text")
_MUST_BE = {
    "string_type": "must be a string",
    "string_unicode": "must be a string of Unicode characters",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "must not contain a NUL character",
    "bool_type": "must be true or false",
    "float_type": "must be a number of seconds",
    "finite_number": "must be a number of seconds",
    "greater_than": "must be a number of seconds above {gt:.0f}",
    "less_than": "must be a number of seconds below {lt:.0f}",
    "tuple_type": "must be a list of strings",
    "dict_type": "must be a table of strings",
    "model_type": "must be a table",
}
"""By pydantic's types of errors; https://docs.pydantic.dev/latest/errors/validation_errors/."""

Place = tuple[str, ...]
"""The path of a table below ours."""


def details(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """A sentence for each error, for a table that `model` reads."""
    known = dict(_tables(model))
    return [
        _unknown(item["loc"], item["input"], known)
        if item["type"] == "extra_forbidden"
        else f"{key_path(TABLE + item['loc'])}: {_must_be(item['type'], item.get('ctx', {}))}"
        for item in error.errors(include_url=False)
    ]


def key_path(loc: Iterable[str | int]) -> str:
    """A key's path as TOML writes it: `tool.plover-tray.ignore[2]`."""
    text = ""
    for part in loc:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            bare = re.fullmatch(r"[A-Za-z0-9_-]+", part)
            text += ("." if text else "") + (part if bare else json.dumps(part, ensure_ascii=False))
    return show_long_path(text)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence that refuses `word`: the nearest of what is known, or all of it."""
    names = list(known)
    near = difflib.get_close_matches(word.lower().replace("_", "-"), names, 1)
    if near:
        return f"; did you mean `{near[0]}`?"
    return f"; known are {', '.join(f'`{name}`' for name in names)}"


def _must_be(kind: str, context: dict[str, Any]) -> str:
    return _MUST_BE[kind].format(**context)


def _unknown(loc: tuple[str | int, ...], value: object, known: dict[Place, dict[str, bool]]) -> str:
    """What is wrong with a key that no model has."""
    place, key = tuple(str(part) for part in loc[:-1]), str(loc[-1])
    shown = show_long_path(key)
    if any(word in key.lower().replace("_", "-") for word in _SECRETS):
        return (
            f"{key_path((*TABLE, *place, key))}: a secret does not belong in a file that is "
            "committed; take it out, and give it by environment variable or file"
        )
    where = key_path(TABLE + place)
    if isinstance(value, dict):
        tables = [name for name, is_table in known[place].items() if is_table]
        return f"{where}: unknown table `{shown}`{did_you_mean(key, tables or known[place])}"
    for other, names in known.items():
        if key in names:
            right = key_path((*TABLE, *other, key))
            return f"{where}: unknown key `{shown}`; did you mean `{right}`?"
    return f"{where}: unknown key `{shown}`{did_you_mean(key, known[place])}"


def _tables(model: type[BaseModel], place: Place = ()) -> Iterable[tuple[Place, dict[str, bool]]]:
    """The path of each table, with its keys and whether they are tables themselves."""
    keys = {}
    for name, field in model.model_fields.items():
        kind, key = field.annotation, field.alias or name
        keys[key] = isinstance(kind, type) and issubclass(kind, BaseModel)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _tables(kind, (*place, key))
    yield place, keys
