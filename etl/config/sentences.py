"""The one adapter between pydantic and the people who write our files: of its errors, one plain sentence."""

from collections.abc import Iterable
from dataclasses import dataclass, is_dataclass
from typing import Any, get_type_hints

from pydantic import ValidationError

UNKNOWN_KEY = ("unexpected_keyword_argument", "extra_forbidden", "invalid_key")


@dataclass(frozen=True)
class Refusal:
    """What is said when a key's value is refused, after the key itself: `is {value!r}; write true or false`.

    Stands among the annotations of the key's type. A sentence without {value!r} keeps silent about what was written, for
    that may be a secret.
    """

    sentence: str


def sentence(error: ValidationError, model: type) -> str:
    """What is wrong with a record, in one sentence without its file and its full stop: the unknown keys, else the first
    value that is none of what its key may say. `model` is the dataclass that the record was to become."""
    errors = error.errors(include_url=False, include_context=False)
    unknown = [each for each in errors if each["type"] in UNKNOWN_KEY]
    if unknown:
        where = min((each["loc"][:-1] for each in unknown), key=len)
        return _unknown_keys(where, [each["loc"][-1] for each in unknown if each["loc"][:-1] == where], model)
    return _refused_value(errors[0]["loc"], errors[0]["input"], model)


def _unknown_keys(where: tuple, keys: Iterable[Any], model: type) -> str:
    known = list(get_type_hints(_record_at(where, model)))
    record = f": {'.'.join(map(str, where))}" if where else ""
    written = ", ".join(sorted(map(str, keys)))
    return f"{record} says {written}, which means nothing here; it may say {', '.join(known)}"


def _refused_value(loc: tuple, value: Any, model: type) -> str:
    """Of the innermost key that has a Refusal: what stands below it in a list, or in a choice of types, has none."""
    path, refusal, record = [], "is not what was expected", model
    for part in loc:
        hints = get_type_hints(record, include_extras=True) if is_dataclass(record) else {}
        if part not in hints:
            break
        path.append(part)
        annotations = getattr(hints[part], "__metadata__", ())
        refusal = next((each.sentence for each in annotations if isinstance(each, Refusal)), refusal)
        record = get_type_hints(record)[part]
    return f": {', '.join(path)} {refusal.format(value=value)}"


def _record_at(where: tuple, model: type) -> type:
    for part in where:
        model = get_type_hints(model)[part]
    return model
