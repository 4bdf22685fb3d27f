"""Stripe's forms and paths, read without any help of the code that is tested.

`a[b][0]=x` is `{"a": {"b": {"0": "x"}}}`.
"""

import re
from urllib.parse import parse_qsl

Form = dict[str, "str | Form"]

_PART = re.compile(r"\[([^\[\]]*)\]")


def form_of(encoded: str) -> Form:
    """What a query or a body says. A list stands as its positions; `[]` takes the next one."""
    form: Form = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True, strict_parsing=bool(encoded)):
        _put(form, [name.partition("[")[0], *_PART.findall(name)], value)
    return form


def is_at(template: str, path: str) -> bool:
    """Whether the path is the template, with something in each pair of braces."""
    wanted, given = template.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        (part.startswith("{") and bool(said)) or part == said for part, said in zip(wanted, given, strict=True)
    )


def _put(form: Form, path: list[str], value: str) -> None:
    name = path[0] or str(len(form))
    if len(path) == 1:
        assert name not in form, f"{name} is given twice"
        form[name] = value
        return
    inner = form.setdefault(name, {})
    assert isinstance(inner, dict), f"{name} is a value and has parts"
    _put(inner, path[1:], value)


def items_of(form: Form) -> list["str | Form"] | None:
    """The items of a list, in their order; None where it is none."""
    if not all(name.isdecimal() for name in form):
        return None
    return [form[name] for name in sorted(form, key=int)]
