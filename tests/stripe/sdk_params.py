"""What was asked against the parameters that the installed SDK declares for that request.

The SDK is newer than the OpenAPI document and always there. Which request has which parameters is read from its
services; an enum that the SDK leaves open is taken as closed.
"""

import importlib
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import stripe
from stripe import RequestOptions
from typing_extensions import get_type_hints, is_typeddict

from tests.stripe.forms import is_at, items_of

_METHOD = re.compile(
    r'params: (?:Optional\[)?"(\w+)"(?:(?!\n    def |\n    async def ).)*?_request\(\s*"(\w+)",\s*"([^"]+)"', re.DOTALL
)
_IMPORT = re.compile(r"from (stripe\.params[\w.]*) import \(?\s*(\w+)")
# Every class of parameters has the options too, whose names its own module does not know.
_OPTIONS = {"Any": Any, "Mapping": Mapping, "StripeContext": stripe.StripeContext}
_FORMS = {int: r"-?[0-9]+", float: r"-?[0-9]+(\.[0-9]+)?", Decimal: r"-?[0-9]+(\.[0-9]+)?", bool: "true|false"}


def problems_of(method: str, path: str, form: dict[str, Any]) -> list[str] | None:
    """Everything about the request that the SDK does not declare; None where it knows no such request."""
    for (known, template), (module, name) in _requests().items():
        if known == method.lower() and is_at(template, path):
            return list(_typed(form, getattr(importlib.import_module(module), name), ""))
    return None


@cache
def _requests() -> dict[tuple[str, str], tuple[str, str]]:
    """By method and path: the module and the name of the parameters. Paths without a variable come first."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for service in Path(stripe.__file__).parent.rglob("_*_service.py"):
        text = service.read_text(encoding="utf-8")
        modules = {name: module for module, name in _IMPORT.findall(text)}
        found |= {
            (method, path): (modules[name], name) for name, method, path in _METHOD.findall(text) if name in modules
        }
    return dict(sorted(found.items(), key=lambda item: item[0][1].count("{")))


def _typed(value: Any, kind: Any, at: str) -> Iterator[str]:
    origin = get_origin(kind)
    if is_typeddict(kind):
        yield from _fields(value, kind, at)
    elif origin in {Union, UnionType}:
        kinds = [k for k in get_args(kind) if k is not type(None)]
        is_enum = any(get_origin(k) is Literal and get_args(k) != ("",) for k in kinds)
        kinds = [k for k in kinds if not (is_enum and k is str)]
        yield from min((list(_typed(value, k, at)) for k in kinds), key=len)
    elif origin is Literal:
        if value not in get_args(kind):
            yield f"{at}={value} is none of {', '.join(map(repr, get_args(kind)))}"
    elif origin is list:
        items = items_of(value) if isinstance(value, dict) else None
        if items is None:
            yield f"{at} is no list"
        for n, item in enumerate(items or ()):
            yield from _typed(item, get_args(kind)[0], f"{at}[{n}]")
    elif origin is dict or getattr(origin or kind, "__name__", "") == "UntypedStripeObject":
        if not isinstance(value, dict):
            yield f"{at} is no object"
    elif not isinstance(value, str):
        yield f"{at} is one value, not several"
    elif kind in _FORMS and not re.fullmatch(_FORMS[kind], value):
        yield f"{at}={value} is no {kind.__name__}"


def _fields(value: Any, kind: Any, at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at} is no object"
        return
    hinted = get_type_hints(kind, localns=_OPTIONS)
    hints = {name: hint for name, hint in hinted.items() if name not in RequestOptions.__annotations__}
    for name in sorted(set(kind.__required_keys__) & set(hints) - set(value)):
        yield f"{at}[{name}] is missing" if at else f"{name} is missing"
    for name, inner in value.items():
        place = f"{at}[{name}]" if at else name
        if name in hints:
            yield from _typed(inner, hints[name], place)
        else:
            yield f"{place} is unknown to the SDK"
