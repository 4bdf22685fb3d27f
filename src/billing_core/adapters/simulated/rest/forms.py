"""Stripe's nested forms: `items[0][price]=…&expand[]=…` becomes dictionaries and lists of texts."""

import re
from typing import Any
from urllib.parse import parse_qsl

from billing_core.adapters.simulated.refusals import Refused

_NAME = re.compile(r"[^\[\]]+(\[[^\[\]]*\])*")
_MOST = 1000

Tree = dict[str, Any]


def decode(text: str) -> Tree:
    """Raises Refused for what is no such form."""
    root: Tree = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST, errors="strict")
    except ValueError as problem:
        raise Refused(message="Invalid form encoding") from problem
    for name, value in pairs:
        if not _NAME.fullmatch(name):
            raise Refused(message=f"Invalid parameter name: {name[:100]}")
        first, *rest = name.split("[")
        _place(root, [first, *(part.removesuffix("]") for part in rest)], value, name)
    found: Tree = _with_lists(root)
    return found


def _place(tree: Tree, keys: list[str], value: str, name: str) -> None:
    for key in keys[:-1]:
        tree = tree.setdefault(key or str(len(tree)), {})
        if not isinstance(tree, dict):
            raise Refused(message=f"Invalid hash: {name[:100]}", param=keys[0])
    tree[keys[-1] or str(len(tree))] = value


def _with_lists(value: Any) -> Any:
    """What is numbered throughout is a list."""
    if not isinstance(value, dict):
        return value
    if value and all(key.isdecimal() for key in value):
        return [_with_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _with_lists(inner) for key, inner in value.items()}
