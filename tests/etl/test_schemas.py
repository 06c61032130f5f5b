"""The JSON Schemas of what people write are the models' own, and each key of a model says what it means."""

import json
from dataclasses import fields
from typing import get_type_hints

import pytest
from pydantic.fields import FieldInfo

from etl.config import schemas
from etl.config.sentences import Refusal
from etl.config.settings import DisclosureRules, Retention, Settings


def described_by(model: type, name: str) -> list[str]:
    annotations = get_type_hints(model, include_extras=True)[name].__metadata__
    return [each.description for each in annotations if isinstance(each, FieldInfo) and each.description]


@pytest.mark.parametrize("name", schemas.MODELS)
def test_schemas_are_not_stale(name):
    written = (schemas.FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert written == schemas.schema_of(schemas.MODELS[name]), "run python -m etl.config.schemas"


def test_no_schema_is_left_of_a_model_that_is_gone():
    assert {path.stem for path in schemas.FOLDER.glob("*.json")} == set(schemas.MODELS)


@pytest.mark.parametrize("model", [Settings, DisclosureRules, Retention])
def test_each_key_says_what_it_means_and_what_is_expected(model):
    for each in fields(model):
        annotations = get_type_hints(model, include_extras=True)[each.name].__metadata__
        assert described_by(model, each.name), each.name
        assert each.name == "journal" or any(isinstance(note, Refusal) for note in annotations), each.name


def test_a_schema_refuses_unknown_keys_as_the_engine_does():
    schema = json.loads(schemas.schema_of(Settings))
    records = [schema, *schema["$defs"].values()]
    assert [record["additionalProperties"] for record in records] == [False] * 3
    assert set(schema["properties"]) == {each.name for each in fields(Settings)}


def test_no_setting_is_required():
    schema = json.loads(schemas.schema_of(Settings))
    assert not any(record.get("required") for record in [schema, *schema["$defs"].values()])
