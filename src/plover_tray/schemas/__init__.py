"""JSON schemas of what the commands print for machines: in goes a name, out the schema.

A schema's number is the document's `schema`. Within one number keys are added, never removed, and
never change their meaning; a new number is a new file beside the old one.
"""

import json
from importlib import resources
from typing import Any, Literal

SchemaName = Literal["check-1", "rehearse-1"]


def schema(name: SchemaName) -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a command's output."""
    text = resources.files(__package__).joinpath(f"{name}.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
