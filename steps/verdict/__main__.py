"""`python -m steps.verdict` prints the JSON Schema of verdict.json, as in docs/verdict.schema.json."""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from steps.verdict import checklist
from steps.verdict.model import Verdict


class _Schema(GenerateJsonSchema):
    """Leaves out what a reader of the schema does not need: titles and defaults."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def schema() -> dict[str, Any]:
    """Return the JSON Schema of verdict.json."""
    found = Verdict.model_json_schema(schema_generator=_Schema)
    found["properties"]["items"] |= {"minProperties": len(checklist.read()), "additionalProperties": False}
    return {"$schema": GenerateJsonSchema.schema_dialect, **found, "title": "verdict.json"}


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
