"""A Stripe that answers each request as a test says, and lets through only what Stripe documents."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import define, field, frozen

from billing_core.adapters.stripe.api import Api, open_api
from billing_core.adapters.stripe.pace import Pace, Patience
from tests.stripe.forms import Form, form_of
from tests.stripe.spec import problems_of_request

Json = dict[str, Any]


@frozen
class Refusal:
    """An error in Stripe's shape."""

    status: int
    code: str | None = None
    message: str = "Something is wrong."
    param: str | None = None


Said = Json | Refusal
Answer = Said | Callable[[Form], Said]


@frozen
class Request:
    """What was asked; `form` has every parameter as text."""

    method: str
    path: str
    form: Form
    key: str | None


def page(*objects: Json, has_more: bool = False) -> Json:
    """A list as Stripe answers it."""
    return {"object": "list", "data": list(objects), "has_more": has_more, "url": "/v1/things"}


@define
class CannedStripe:
    """An Answering. What is asked for and was not told beforehand is an error of the test."""

    asked: list[Request] = field(factory=list)
    waits: list[float] = field(factory=list)
    _answers: dict[tuple[str, str], list[Answer]] = field(factory=lambda: defaultdict(list))

    def on(self, method: str, path: str, *answers: Answer) -> "CannedStripe":
        """Answers so, one after the other, and the last for ever."""
        self._answers[method, path] = list(answers)
        return self

    @property
    def api(self) -> Api:
        pace, patience = Pace(sleep=self._sleep, now=lambda: 0.0), Patience(sleep=self._sleep)
        return open_api(self, key="sk_test_x", pace=pace, patience=patience)

    def all(self, method: str, path: str) -> list[Request]:
        """The requests of that kind."""
        return [request for request in self.asked if (request.method, request.path) == (method, path)]

    def only(self, method: str, path: str) -> Request:
        """The one request of that kind."""
        (found,) = self.all(method, path)
        return found

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        at = urlsplit(url)
        form = form_of(body.decode() if method == "POST" else at.query)
        assert [] == problems_of_request(method, at.path, form)
        self.asked.append(Request(method, at.path, form, headers.get("Idempotency-Key")))
        answers = self._answers[method, at.path]
        assert answers, f"{method} {at.path} was not expected: {form}"
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        said = answer(form) if callable(answer) else answer
        if isinstance(said, Refusal):
            error = {"type": "invalid_request_error", "code": said.code, "message": said.message, "param": said.param}
            return said.status, {}, json.dumps({"error": error}).encode()
        return 200, {}, json.dumps(said).encode()

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
