"""Values against the schemas of Stripe's OpenAPI document: every problem is a line that names the place.

It knows only the words that the document uses. What a schema does not list is a problem too.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import field, frozen

from tests.stripe.forms import items_of

Schema = Mapping[str, Any]

_INTEGER = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@frozen
class Schemas:
    """The named schemas of the document. `newer` are fields and enum values, `<schema>.<field>[=<value>]`, that came
    after it."""

    named: Mapping[str, Schema]
    newer: frozenset[str] = frozenset()
    _by_kind: Mapping[tuple[str | None, bool], list[str]] = field(init=False)

    @_by_kind.default
    def _names(self) -> Mapping[tuple[str | None, bool], list[str]]:
        """The schemas of each kind of object, and of what is told of a deleted one."""
        found: dict[tuple[str | None, bool], list[str]] = {}
        for name, schema in self.named.items():
            found.setdefault((_tag(schema), "deleted" in schema.get("properties", {})), []).append(name)
        return found

    def of_form(self, value: Any, schema: Schema, at: str) -> Iterator[str]:
        """The problems of what was asked: texts, and forms within forms."""
        yield from self._check(value, schema, at, "", self._form_value)

    def of_json(self, value: Any, schema: Schema, at: str) -> Iterator[str]:
        """The problems of what was answered."""
        yield from self._check(value, schema, at, "", self._json_value)

    def of_object(self, value: Mapping[str, Any]) -> list[str]:
        """The problems of an object, by the schema that its `object` names."""
        names = self._by_kind.get((value.get("object"), "deleted" in value), ())
        told = (list(self.of_json(value, {"$ref": f"#/components/schemas/{name}"}, name)) for name in names)
        return min(told, key=len, default=[f"no schema of {value.get('object')}"])

    def _check(self, value: Any, schema: Schema, at: str, owner: str, leaf: "Leaf") -> Iterator[str]:
        if "$ref" in schema:
            owner = schema["$ref"].rpartition("/")[2]
            yield from self._check(value, self.named[owner], at, owner, leaf)
        elif value is None and schema.get("nullable"):
            return
        elif "anyOf" in schema:
            yield from self._any_of(value, schema["anyOf"], at, owner, leaf)
        else:
            yield from leaf(value, schema, at, owner)

    def _any_of(self, value: Any, schemas: list[Schema], at: str, owner: str, leaf: "Leaf") -> Iterator[str]:
        """The problems with the alternative that fits best; one that names the same kind of object is meant."""
        kind = value.get("object") if isinstance(value, Mapping) else None
        meant = [s for s in schemas if kind and _tag(self._named(s)) == kind] or schemas
        yield from min((list(self._check(value, schema, at, owner, leaf)) for schema in meant), key=len)

    def _named(self, schema: Schema) -> Schema:
        return self.named[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema

    def _form_value(self, value: Any, schema: Schema, at: str, owner: str) -> Iterator[str]:
        kind = schema.get("type")
        if kind == "object":
            yield from self._fields(value, schema, at, owner, self._form_value)
        elif kind == "array":
            items = items_of(value) if isinstance(value, dict) else None
            yield from self._items(items, schema, at, owner, self._form_value)
        elif not isinstance(value, str):
            yield f"{at} is one {kind}, not several values"
        elif kind == "integer" and not _INTEGER.fullmatch(value):
            yield f"{at}={value} is no integer"
        elif kind == "number" and not _NUMBER.fullmatch(value):
            yield f"{at}={value} is no number"
        elif kind == "boolean" and value not in {"true", "false"}:
            yield f"{at}={value} is no boolean"
        elif kind == "string":
            yield from self._text(value, schema, at, owner)

    def _json_value(self, value: Any, schema: Schema, at: str, owner: str) -> Iterator[str]:
        match schema.get("type"):
            case "object":
                yield from self._fields(value, schema, at, owner, self._json_value)
            case "array":
                yield from self._items(value if isinstance(value, list) else None, schema, at, owner, self._json_value)
            case "integer" if not isinstance(value, int) or isinstance(value, bool):
                yield f"{at}: {value!r} is no integer"
            case "number" if not isinstance(value, int | float) or isinstance(value, bool):
                yield f"{at}: {value!r} is no number"
            case "boolean" if not isinstance(value, bool):
                yield f"{at}: {value!r} is no boolean"
            case "string" if not isinstance(value, str):
                yield f"{at}: {value!r} is no string"
            case "string":
                yield from self._text(value, schema, at, owner)

    def _text(self, value: str, schema: Schema, at: str, owner: str) -> Iterator[str]:
        allowed = schema.get("enum")
        if allowed is not None and value not in allowed and f"{owner}.{_last(at)}={value}" not in self.newer:
            yield f"{at}: {value!r} is none of {', '.join(map(repr, allowed))}"
        if len(value) > schema.get("maxLength", len(value)):
            yield f"{at} is longer than {schema['maxLength']}"

    def _items(self, value: list[Any] | None, schema: Schema, at: str, owner: str, leaf: "Leaf") -> Iterator[str]:
        if value is None:
            yield f"{at} is no list"
            return
        for n, item in enumerate(value):
            yield from self._check(item, schema["items"], f"{at}[{n}]", owner, leaf)

    def _fields(self, value: Any, schema: Schema, at: str, owner: str, leaf: "Leaf") -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{at}: {value!r} is no object"
            return
        known, others = schema.get("properties", {}), schema.get("additionalProperties", False)
        yield from (f"{at}.{name} is missing" for name in schema.get("required", ()) if name not in value)
        for name, inner in value.items():
            place = f"{at}.{name}" if at else name
            if name in known:
                yield from self._check(inner, known[name], place, owner, leaf)
            elif isinstance(others, dict) and others:
                yield from self._check(inner, others, place, owner, leaf)
            elif others is False and f"{owner}.{name}" not in self.newer:
                yield f"{place} is unknown"


Leaf = Callable[[Any, Schema, str, str], Iterator[str]]


def _tag(schema: Schema) -> str | None:
    """The kind of object that a schema is of."""
    kinds: list[str] = schema.get("properties", {}).get("object", {}).get("enum", [])
    return kinds[0] if kinds else None


def _last(at: str) -> str:
    return at.rpartition(".")[2]
