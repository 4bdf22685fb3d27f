"""The HTTP API as a page, told from the OpenAPI document of the app itself."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sphinx.application import Sphinx

from billing_core.entrypoints.http import create_app
from billing_core.entrypoints.settings import Settings

PAGE = "http-api"
METHODS = ("get", "post", "put", "patch", "delete")
Json = Mapping[str, Any]


def document() -> Json:
    """What the server shows at `/schema/openapi.json`."""
    return create_app(Settings(database_url="memory://")).openapi_schema.to_schema()


def told(api: Json) -> str:
    """Every operation by its tag, then every shape, in Markdown."""
    by_tag: dict[str, list[str]] = {}
    for path, item in sorted(api["paths"].items()):
        for method in METHODS:
            if method in item:
                by_tag.setdefault(item[method]["tags"][0], []).append(_operation(method, path, item[method]))
    routes = [f"## {tag}\n\n" + "\n\n".join(operations) for tag, operations in sorted(by_tag.items())]
    shapes = [_shape(name, shape) for name, shape in sorted(api["components"]["schemas"].items())]
    return "\n\n".join([*routes, "## Shapes", *shapes]) + "\n"


def _operation(method: str, path: str, operation: Json) -> str:
    lines = [f"### {method.upper()} {path}", _sentence(operation.get("description") or operation["summary"])]
    if parameters := operation.get("parameters"):
        rows = [
            (f"`{it['name']}`", it["in"], _kind(it["schema"]), "yes" if it.get("required") else "no")
            for it in parameters
        ]
        lines.append(_table(("parameter", "in", "what", "required"), rows))
    if body := operation.get("requestBody"):
        lines.append(f"Body: {_content(body)}")
    by_content: dict[str, list[str]] = {}
    for status, answer in sorted(operation["responses"].items()):
        by_content.setdefault(_content(answer), []).append(f"`{status}`")
    answers = [(", ".join(statuses), content) for content, statuses in by_content.items()]
    lines.append(_table(("answer", "with"), answers))
    return "\n\n".join(lines)


def _content(described: Json) -> str:
    """What a body or an answer holds."""
    found = [
        f"{_kind(content.get('schema', {}))} as `{media}`" for media, content in described.get("content", {}).items()
    ]
    return _sentence(" or ".join(dict.fromkeys(found)) or described.get("description", "nothing"))


def _shape(name: str, shape: Json) -> str:
    title = f"### {name}\n\n" + _sentence(shape.get("description", ""))
    if "properties" not in shape:
        return f"{title}\n\n{_kind(shape)}"
    required = set(shape.get("required", ()))
    rows = [
        (f"`{field}`", _kind(kind), "yes" if field in required else "no", _sentence(kind.get("description", "")))
        for field, kind in shape["properties"].items()
    ]
    return f"{title}\n\n{_table(('field', 'what', 'required', ''), rows)}"


def _kind(schema: Json) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            return " or ".join(dict.fromkeys(_kind(one) for one in schema[choice]))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return " ".join([*_words(schema.get("type", "anything")), *_bounds(schema)])


def _words(kind: str | Iterable[str]) -> Iterator[str]:
    yield kind if isinstance(kind, str) else " or ".join(kind)


def _bounds(schema: Json) -> Iterator[str]:
    """Whatever narrows a simple type."""
    if "format" in schema:
        yield f"({schema['format']})"
    for word, key in (("from", "minimum"), ("to", "maximum"), ("to", "maxLength")):
        if key in schema:
            yield f"{word} {schema[key]:g}" + (" characters" if key == "maxLength" else "")
    if schema.get("default") is not None:
        yield f"(`{schema['default']}` where left out)"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _sentence(text: str) -> str:
    """A docstring in one line, in which no angle bracket is read as HTML and no brace as a role."""
    return " ".join(text.split()).replace("<", "&lt;").replace("{", "&#123;")


def _fill(app: Sphinx, name: str, content: list[str]) -> None:
    if name == PAGE:
        content[0] += "\n" + told(document())


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
