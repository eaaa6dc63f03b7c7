"""JSON documents against their schemas.

Comes in: what a command printed, or a document. Goes out: assertions that it fits its schema, and
that the schema is so narrow that hardly anything else would.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

from plover_tray.schemas import schema_of

FREE = {"entitlements"}
"""Fields whose values may be anything that a property list holds."""
Way = tuple[str | int, ...]


def told(out: str, name: str) -> Any:
    """The one document in `out`, which is as the schema called `name` says."""
    assert out.isascii()
    assert out.endswith("}\n")
    document = json.loads(out)
    validator(name).validate(document)
    return document


def validator(name: str) -> Draft202012Validator:
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def wrong(document: Any, name: str) -> list[str]:
    """Changes to a valid document that its schema would let pass: each field with a value of
    another kind, each left out, and one too many in each object.
    """
    valid = validator(name)
    return [what for what, changed in _changed(document) if valid.is_valid(changed)]


def _changed(document: Any) -> Iterator[tuple[str, Any]]:
    for way, value in _fields(document, ()):
        odd = _odd(value)
        yield f"{way} = {odd!r}", _with(document, way, odd)
        if isinstance(way[-1], str):
            yield f"{way} left out", _without(document, way)
        if isinstance(value, dict) and way[-1] not in FREE | {"cdhashes", "environment"}:
            yield f"{way} with one more", _with(document, (*way, "surplus"), {})
    yield "one more", {**document, "surplus": {}}


def _fields(value: Any, way: Way) -> Iterator[tuple[Way, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value[:2])
    for key, item in items:
        yield (*way, key), item
        if isinstance(item, dict | list) and key not in FREE | {"cdhashes", "environment"}:
            yield from _fields(item, (*way, key))


def _odd(value: Any) -> Any:
    """A value of a kind that no field like this may have."""
    return [{"odd": 1.5}] if value is None or isinstance(value, str | dict | bool | int) else "odd"


def _with(document: Any, way: Way, value: Any) -> Any:
    changed = copy.deepcopy(document)
    _parent(changed, way)[way[-1]] = value
    return changed


def _without(document: Any, way: Way) -> Any:
    changed = copy.deepcopy(document)
    del _parent(changed, way)[way[-1]]
    return changed


def _parent(document: Any, way: Way) -> Any:
    for key in way[:-1]:
        document = document[key]
    return document
