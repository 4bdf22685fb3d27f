"""What passes between us and Stripe, held against what Stripe documents.

    checked = Checked(answering)        # then used in place of `answering`

Requests are held against the installed SDK's parameters always, and requests and answers against Stripe's OpenAPI
document where it is present (`STRIPE_OPENAPI`, else beside the repository). The first mismatch raises AssertionError.
"""

import json
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attrs import define, field, frozen

from tests.stripe import sdk_params
from tests.stripe.forms import Form, form_of, is_at
from tests.stripe.schema import Schema, Schemas

Answering = Callable[[str, str, Mapping[str, str], bytes], Awaitable[tuple[int, Mapping[str, str], bytes]]]

_BESIDE = Path(__file__).parents[3] / "shared" / "stripe" / "spec3.json"
# What the API has since 2026-09-30 (endive) and the document (dahlia) does not.
NEWER = frozenset(
    {
        "dispute.status=appeal_needs_response",
        "dispute.status=appeal_under_review",
        "subscription.status_details",
        "subscription_schedule.pause_schedules",
        "subscriptions_resource_pending_update.cancel_at_period_end",
    }
)
# What the document leaves to v2, or has only since endive: the SDK alone knows the parameters.
_NOT_DOCUMENTED = re.compile(r"/v2/.*|/v1/subscriptions/[^/]+/(pause|resume)")


@frozen
class Exchange:
    """A request and its answer; `answer` is the JSON."""

    method: str
    path: str
    form: Form
    status: int
    answer: Any


@frozen
class Spec:
    """The OpenAPI document."""

    paths: Mapping[str, Mapping[str, Any]]
    schemas: Schemas

    def problems_of_request(self, method: str, path: str, form: Form) -> list[str]:
        operation = self._operation(method, path)
        if operation is None:
            return [f"{method} {path} is no request of Stripe's"]
        return list(self.schemas.of_form(form, _asked(operation), ""))

    def problems_of_answer(self, method: str, path: str, status: int, answer: Any) -> list[str]:
        operation = self._operation(method, path)
        if operation is None:
            return []
        told = operation["responses"]["200" if status == 200 else "default"]["content"]["application/json"]["schema"]
        return list(self.schemas.of_json(answer, told, "answer"))

    def problems_of_object(self, value: Mapping[str, Any]) -> list[str]:
        """Those of an object that came some other way, as with an event."""
        return self.schemas.of_object(value)

    def _operation(self, method: str, path: str) -> Mapping[str, Any] | None:
        fitting = [template for template in self.paths if is_at(template, path)]
        by_variables = sorted(fitting, key=lambda template: template.count("{"))
        return next((self.paths[t][method.lower()] for t in by_variables if method.lower() in self.paths[t]), None)


@cache
def spec() -> Spec | None:
    """The document; None where there is none."""
    path = Path(os.environ.get("STRIPE_OPENAPI") or _BESIDE)
    if not path.exists():
        return None
    document = json.loads(path.read_bytes())
    return Spec(document["paths"], Schemas(document["components"]["schemas"], NEWER))


def problems_of_request(method: str, path: str, form: Form) -> list[str]:
    """All that is wrong with a request, by the SDK and by the document."""
    by_sdk, document = sdk_params.problems_of(method, path, form), spec()
    problems = [f"{method} {path} is no request of the SDK's"] if by_sdk is None else by_sdk
    if document is not None and not _NOT_DOCUMENTED.fullmatch(path):
        problems = problems + document.problems_of_request(method, path, form)
    return problems


def problems_of_answer(method: str, path: str, status: int, answer: Any) -> list[str]:
    """All that is wrong with an answer; nothing where there is no document to tell."""
    document = spec()
    if document is None or _NOT_DOCUMENTED.fullmatch(path):
        return []
    return document.problems_of_answer(method, path, status, answer)


def problems_of_object(value: Mapping[str, Any]) -> list[str]:
    """All that is wrong with an object of an event; nothing where there is no document to tell."""
    document = spec()
    return [] if document is None else document.problems_of_object(value)


@define
class Checked:
    """A transport that lets nothing pass which Stripe does not document, and remembers what passed."""

    answering: Answering
    exchanges: list[Exchange] = field(factory=list)

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        at = urlsplit(url)
        form = form_of(at.query if method.upper() in {"GET", "DELETE"} and not body else body.decode())
        _ensure_none(problems_of_request(method, at.path, form), f"{method} {at.path}", form)
        status, told, content = await self.answering(method, url, headers, body)
        answer = json.loads(content)
        self.exchanges.append(Exchange(method, at.path, form, status, answer))
        said = f"{method} {at.path} answered {status}"
        _ensure_none(problems_of_answer(method, at.path, status, answer), said, answer)
        return status, told, content


def _ensure_none(problems: list[str], what: str, value: object) -> None:
    if problems:
        told = "\n  ".join(["Stripe does not document this:", *problems])
        raise AssertionError(f"{told}\nin {what} {json.dumps(value, indent=1)}")


def _asked(operation: Mapping[str, Any]) -> Schema:
    """The schema of the parameters, whether they stand in the query or in the body."""
    listed = [p for p in operation.get("parameters", ()) if p["in"] == "query"]
    content = operation.get("requestBody", {}).get("content", {})
    body = content.get("application/x-www-form-urlencoded", {}).get("schema", {})
    return {
        "type": "object",
        "properties": {p["name"]: p["schema"] for p in listed} | body.get("properties", {}),
        "required": [p["name"] for p in listed if p["required"]] + body.get("required", []),
    }
