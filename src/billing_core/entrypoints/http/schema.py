"""The API's description: OpenAPI as JSON, and a plain page of it that loads nothing from elsewhere."""

from html import escape
from typing import Any

from litestar import Request
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

METHODS = ("get", "post", "patch", "delete")


class PlainPage(OpenAPIRenderPlugin):
    """Every route with its sentence."""

    def __init__(self) -> None:
        super().__init__(path="/", favicon="", style="")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        rows = "\n".join(
            f"<tr><td>{method.upper()}</td><td><code>{escape(path)}</code></td>"
            f"<td>{escape(operation.get('description') or operation.get('summary') or '')}</td></tr>"
            for path, item in openapi_schema["paths"].items()
            for method in METHODS
            if (operation := item.get(method))
        )
        return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>billing-core API</title></head>
<body>
<h1>billing-core API</h1>
<p><a href="{escape(self.get_openapi_json_route(request))}">OpenAPI as JSON</a></p>
<table>
{rows}
</table>
</body>
</html>
""".encode()


def openapi_config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="billing-core",
        version="1",
        description="Plans, subscriptions, credits and paid image generation.",
        path="/schema",
        use_handler_docstrings=True,
        render_plugins=[PlainPage(), JsonRenderPlugin(path="/openapi.json")],
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
        ),
        security=[{"bearer": []}],
    )
