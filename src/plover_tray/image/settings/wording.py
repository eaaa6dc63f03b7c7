"""What pydantic says of a DMG's settings, in plain English without a full stop."""

from pydantic_core import ErrorDetails

from .kinds import shown

_SAYINGS = {
    "greater_than": "is {value}, and must be above {gt:.0f}",
    "greater_than_equal": "is {value}, and must be at least {ge:.0f}",
    "less_than": "is {value}, and must be below {lt:.0f}",
    "less_than_equal": "is {value}, and must be at most {le:.0f}",
    "refused": "{sentence}",
    "is_instance_of": "must be a string, not {value}",
    "int_type": "must be a whole number, not {value}",
    "float_type": "must be a number, not {value}",
    "finite_number": "is {value}, and must be a finite number",
}
"""By pydantic's types of errors; https://docs.pydantic.dev/latest/errors/validation_errors/."""

Loc = tuple[int | str, ...]
"""Pydantic's path of a value."""


def saying(item: ErrorDetails) -> str:
    """What is wrong, to follow the name of what it is wrong with."""
    return _SAYINGS[item["type"]].format_map({"value": shown(item["input"]), **item.get("ctx", {})})
