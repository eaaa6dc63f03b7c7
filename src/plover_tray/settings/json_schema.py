"""The JSON schema of `[tool.plover-tray]`, for editors: made from the models."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from .models import Settings


def schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of the table `[tool.plover-tray]`."""
    document = Settings.model_json_schema(schema_generator=_OfTables)
    return {"$schema": GenerateJsonSchema.schema_dialect, **document}


class _OfTables(GenerateJsonSchema):
    """As TOML needs it: there is no null, and a key's name needs no title beside it."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        document = super().default_schema(schema)
        if document.get("default", ...) is None:
            del document["default"]
        return document

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False
