"""Writes the JSON Schema of `trueback.yaml`, for editors: `python -m shared.configuration.schema`.

In `trueback.yaml`: `# yaml-language-server: $schema=<path of trueback.schema.json>`.
"""

import json
from pathlib import Path

from shared.configuration.models import Configuration

SCHEMA_FILE = Path(__file__).with_name("trueback.schema.json")


def schema_text() -> str:
    schema = Configuration.model_json_schema(by_alias=True)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "trueback.yaml"}
    return json.dumps(head | {k: v for k, v in schema.items() if k != "title"}, indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
