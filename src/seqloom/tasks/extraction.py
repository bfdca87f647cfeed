"""What a text says, as the fields of a JSON schema."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

import seqloom
from seqloom.core.errors import DataError, MissingExtraError, RecipeError
from seqloom.data.rows import BadLine, Row
from seqloom.decoding.constraints import ConstraintSettings
from seqloom.decoding.constraints.json_schema import JsonSchemaSettings, expression_of
from seqloom.metrics.counts import Counts, percent
from seqloom.metrics.records import is_json
from seqloom.metrics.score import Score
from seqloom.tasks.contract import Answered, Baseline, Known, Shown, Task, TaskBase

__all__ = ["ExtractionSettings"]

_SEED = 12345


@dataclass(frozen=True, kw_only=True)
class ExtractionSettings(TaskBase):
    """The task of extraction."""

    kind: Literal["extraction"] = "extraction"
    schema: str | dict[str, Any] = ""
    """What the fields are: a file with a JSON schema, JSON in quotes, or a table. A file is read at once, and is JSON
    from then on, so that a model folder has it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "schema", _compact(_schema(self.schema)))

    def pairs(self, row: Row) -> Iterable[Row | BadLine]:
        if not any(target.strip() for target in row.targets):
            yield row  # a blank line, or one that cleaning drops
            return
        try:
            yield replace(row, targets=tuple(map(self._form.canonical, row.targets)))
        except DataError as error:
            yield BadLine(file=row.file, line=row.line, what=str(error), text=row.targets[0])

    def learn(self, rows: Iterable[Row]) -> Known:
        """The commonest value of each field that most texts have."""
        expression_of(self._form.schema)  # what no answer could be held to is told before anything is learnt
        counts: dict[str, Counter[str]] = {}
        number = 0
        for row in rows:
            number += 1
            for name, value in self._form.parts(json.loads(row.targets[0])):
                counts.setdefault(name, Counter())[value] += 1
        usual = {name: found for name, found in counts.items() if 2 * found.total() > number}
        return {"commonest": {name: found.most_common(1)[0][0] for name, found in usual.items()}}

    def build(self, known: Known) -> Task:
        return Extraction(self._form, known)

    @cached_property
    def _form(self) -> _Form:
        assert isinstance(self.schema, str)
        return _Form(json.loads(self.schema))


def _schema(given: str | Mapping[str, Any]) -> Any:
    if not isinstance(given, str):
        return given
    text, where = given, ""
    if not given.lstrip().startswith("{"):
        if not given:
            raise RecipeError("schema must be a file with a JSON schema, or the schema itself, but is empty. Name one.")
        try:
            text, where = Path(given).read_text(encoding="utf-8-sig"), f" in {given}"
        except OSError as error:
            raise RecipeError(
                f"schema must be a file with a JSON schema, but {given} cannot be read: {error.strerror}."
            ) from None
        except UnicodeDecodeError:
            raise RecipeError(f"schema must be JSON in UTF-8, but {given} is not. Save it as UTF-8.") from None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise RecipeError(f"schema must be JSON, but{where} is none: {error}. Correct it.") from None


class _Form:
    """What an object must be, and the one way of writing it: its keys as the schema has them, without spaces."""

    def __init__(self, schema: Any) -> None:
        self.schema = schema

    def canonical(self, text: str) -> str:
        """The same object in that way; a DataError, without a full stop, where it is none or does not fit."""
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            raise DataError(f"the target is not valid JSON ({error.msg} at column {error.colno})") from None
        except RecursionError:
            raise DataError("the target is not valid JSON") from None
        value = self._ordered(value, self.schema)
        if (misfit := self.misfit(value)) is not None:
            raise DataError(f"the target does not fit the schema: {misfit}")
        return _compact(value)

    def misfit(self, value: Any) -> str | None:
        """Where a value is not as the schema wants it, and why."""
        error = min(self._validator.iter_errors(value), key=lambda each: len(each.absolute_path), default=None)
        if error is None:
            return _unknown(value, self.schema, self._resolved)
        at = "".join(f"/{step}" for step in error.absolute_path)
        return f"{at or 'the whole'}: {error.message.splitlines()[0]}"

    def parts(self, value: Any) -> list[tuple[str, str]]:
        """Each field at the top with its value as JSON; none of what is no object."""
        return [(name, _compact(each)) for name, each in value.items()] if isinstance(value, Mapping) else []

    def assembled(self, parts: Mapping[str, str]) -> str:
        """JSON of fields that are JSON."""
        return _compact(self._ordered({name: json.loads(text) for name, text in parts.items()}, self.schema))

    @cached_property
    def _validator(self) -> Any:
        try:
            import jsonschema
        except ImportError:
            raise MissingExtraError("extraction", extra="constraints") from None
        return jsonschema.Draft202012Validator(self.schema)

    def _ordered(self, value: Any, schema: Any) -> Any:
        """Keys in the order of the schema, those that it does not have behind; 2.0 is 2."""
        schema = self._resolved(schema)
        if isinstance(value, Mapping):
            known = schema.get("properties", {})
            names = [*(name for name in known if name in value), *(name for name in value if name not in known)]
            return {name: self._ordered(value[name], known.get(name, {})) for name in names}
        if isinstance(value, list):
            return [self._ordered(each, schema.get("items", {})) for each in value]
        return int(value) if isinstance(value, float) and value.is_integer() else value

    def _resolved(self, schema: Any) -> Mapping[str, Any]:
        """What is referred to, and of several objects the first."""
        for _ in range(32):
            if not isinstance(schema, Mapping):
                return {}
            if "anyOf" in schema:
                objects = [each for each in schema["anyOf"] if "properties" in self._resolved(each)]
                schema = objects[0] if objects else {}
            elif "$ref" in schema:
                found: Any = self.schema
                for step in str(schema["$ref"]).split("/")[1:]:
                    found = found.get(step.replace("~1", "/").replace("~0", "~"), {})
                schema = found
            else:
                return schema
        return {}


def _unknown(value: Any, schema: Any, resolved: Any, at: str = "") -> str | None:
    """A key that the schema does not have: nothing else is ever answered."""
    schema = resolved(schema)
    if isinstance(value, Mapping) and "properties" in schema:
        for name, each in value.items():
            if name not in schema["properties"]:
                return f"{at}/{name}: it is none of the schema's properties"
            if (found := _unknown(each, schema["properties"][name], resolved, f"{at}/{name}")) is not None:
                return found
    if isinstance(value, list):
        for number, each in enumerate(value):
            if (found := _unknown(each, schema.get("items", {}), resolved, f"{at}/{number}")) is not None:
                return found
    return None


class Extraction(Task):
    """The model says JSON with a space behind commas and colons, as texts have one; it is shown without."""

    whole = True

    def __init__(self, form: _Form, known: Known) -> None:
        self.form = form
        self.known = known
        self._constraints = (JsonSchemaSettings(schema=_compact(form.schema)),)

    def read(self, row: Row) -> Row:
        return replace(row, targets=tuple(_spaced(target) for target in row.targets))

    def constraints(self, row: Row) -> tuple[ConstraintSettings, ...]:
        return self._constraints

    def show(self, row: Row, text: str) -> Shown:
        try:
            return Shown(text=_compact(json.loads(text)), fields={"fields": json.loads(text)})
        except ValueError:  # an empty line has an empty answer
            return Shown(text=text, fields={"fields": None})

    def scores(self, answered: Sequence[Answered], *, samples: int = 1000) -> list[Score]:
        """How many answers are JSON, and how many what the schema wants, which is more."""
        texts = [one.texts[0] if one.texts else "" for one in answered]
        found = {"is JSON": map(is_json, texts), "fits the schema": map(self._fits, texts)}
        signature = f"nrefs:0|schema:2020-12|version:seqloom {seqloom.__version__}"
        counted = [
            Counts(
                name=name,
                rows_NK=np.array([[each, 1] for each in right], dtype=np.float64),
                formula=percent,
                signature=signature,
            )
            for name, right in found.items()
        ]
        return [each.score(samples=samples, seed=_SEED) for each in counted]

    def _fits(self, text: str) -> bool:
        return is_json(text) and self.form.misfit(json.loads(text)) is None

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        commonest = self.form.assembled(self.known.get("commonest", {}))
        return {"the commonest value of each field": lambda row: [commonest]}


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _spaced(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text
