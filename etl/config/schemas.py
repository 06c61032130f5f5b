"""Writes docs/schemas/, by which an editor checks what people write and explains each key: `python -m etl.config.schemas`."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from etl.config.settings import Settings
from etl.paths import PROJECT

FOLDER = PROJECT / "docs" / "schemas"
MODELS: dict[str, type] = {"settings": Settings}


def schema_of(model: type) -> str:
    """The JSON Schema of a model, as the text of its file."""
    schema: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(schema | TypeAdapter(model).json_schema(), indent=2, ensure_ascii=False) + "\n"


def write(folder: Path = FOLDER) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, model in MODELS.items():
        (folder / f"{name}.json").write_text(schema_of(model), encoding="utf-8")


if __name__ == "__main__":
    write()
