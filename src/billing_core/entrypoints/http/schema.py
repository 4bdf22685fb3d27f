"""The API's description: OpenAPI as JSON, and a plain page of it that loads nothing from elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import msgspec
from litestar import Request
from litestar._openapi.schema_generation import SchemaCreator  # as the framework's own guide to such plugins has it
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, Operation, RequestBody, Schema, SecurityRequirement, SecurityScheme
from litestar.plugins import OpenAPISchemaPlugin
from litestar.plugins.base import ReceiveRoutePlugin
from litestar.routes import BaseRoute, HTTPRoute
from litestar.typing import FieldDefinition

from billing_core.entrypoints.http.auth import AUTH, NONE, OPTIONAL, REQUIRED

METHODS = ("get", "post", "patch", "delete")
BEARER: SecurityRequirement = {"bearer": []}
SECURITY: Mapping[str, Sequence[SecurityRequirement]] = {REQUIRED: [BEARER], OPTIONAL: [{}, BEARER], NONE: [{}]}


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


class Closed(OpenAPISchemaPlugin):
    """Says of a struct that takes no fields but its own that it does not."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        shape = field_definition.annotation
        return isinstance(shape, type(msgspec.Struct)) and shape.__struct_config__.forbid_unknown_fields

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: SchemaCreator) -> Schema:
        """What the framework says of it, and that."""
        usual = next(
            plugin
            for plugin in schema_creator.plugins
            if plugin is not self and schema_creator.plugin_supports_field(plugin, field_definition)
        )
        schema = usual.to_openapi_schema(field_definition, schema_creator)
        schema.additional_properties = False
        return schema


@dataclass
class WithOptionalBody(Operation):
    """The framework says of every body that it is required."""

    def __post_init__(self) -> None:
        if isinstance(self.request_body, RequestBody):
            self.request_body.required = False


class AsAnswered(ReceiveRoutePlugin):
    """Says of each route whether it needs a token, and a body."""

    def receive_route(self, route: BaseRoute) -> None:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            handler.security = SECURITY[handler.opt.get(AUTH, NONE)]
            body = handler.parsed_fn_signature.parameters.get("data")
            if body is not None and not body.is_required:
                handler.operation_class = WithOptionalBody


def openapi_config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="billing-core",
        version="1",
        description="Plans, subscriptions, credits and paid image generation.",
        path="/schema",
        use_handler_docstrings=True,
        render_plugins=[PlainPage(), JsonRenderPlugin(path="/openapi.json")],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    bearer_format="JWT",
                    description="A JWT; or an API key (`bk_…`), which looks and makes pictures, and nothing else.",
                )
            }
        ),
    )
