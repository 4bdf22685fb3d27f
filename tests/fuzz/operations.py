"""Asking every operation of the OpenAPI document for what it allows and for what it does not, as whoever may come."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import schemathesis
from attrs import define, field, frozen
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient
from schemathesis import APIOperation, GenerationMode
from schemathesis import Case as AnyCase
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.core.transport import is_event_stream, response_content_type
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from billing_core.entrypoints.http.auth import token
from tests.shops.http import GOOD_CARD, SETTINGS

CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CHECKS_OF_STREAMS = CHECKS[:-1]
Case = AnyCase[Any]
Operation = APIOperation[Any, Any, Any, Any]
BASE_URL = "http://testserver.local"
CALLERS: Mapping[str, str | None] = {
    "a customer": f"Bearer {token(SETTINGS, 'ann')}",
    "an operator": f"Bearer {token(SETTINGS, 'root', admin=True)}",
    "a stranger": None,
}
MADE_UP = "a stranger with a token that is made up"


@frozen
class World:
    """A server over new books, and the ids of what is in them, by the names that paths give them."""

    client: TestClient[Litestar]
    ids: Mapping[str, str]

    @classmethod
    def of(cls, client: TestClient[Litestar]) -> "World":
        """With a customer who has one of each thing."""

        def post(path: str, **body: Any) -> Any:
            headers = {"Authorization": str(CALLERS["a customer"]), "Prefer": "wait=20"}
            answer = client.post(path, json=body, headers=headers)
            assert answer.is_success, answer.text
            return answer.json()

        checkout = post("/api/v1/subscriptions/checkout", tier="premium")
        post(f"/dev/checkout/{checkout['session_id']}/pay", card=GOOD_CARD)
        generation = post("/api/v1/generations", prompt="a fox", private=True)
        ids = {
            "account_id": "ann",
            "generation_id": generation["id"],
            "hold_id": post("/api/v1/credits/holds", amount=1, reason="upscale")["id"],
            "image_id": generation["images"][0]["id"],
            "name": "daily",
            "session_id": post("/api/v1/credits/checkout", pack="pack_1k")["session_id"],
            "tier": "basic",
        }
        return cls(client, ids)

    def answered(self, case: Case, caller: str, *, known: bool) -> schemathesis.Response:
        """`known` puts what there is in place of made-up ids."""
        if known:
            case.path_parameters = {name: self.ids.get(name, made) for name, made in case.path_parameters.items()}
        if caller in CALLERS:
            case.headers.pop("Authorization", None)
        asked = case.as_transport_kwargs(base_url=BASE_URL)
        headers = dict(asked["headers"])
        if (bearer := CALLERS.get(caller)) is not None:
            headers["Authorization"] = bearer
        answer = self.client.request(
            asked["method"],
            asked["url"],
            headers=headers,
            params=asked.get("params"),
            content=asked.get("data"),
            json=asked.get("json"),
        )
        return schemathesis.Response.from_any(answer)


@define
class Fuzz:
    """Asks, and counts what was answered. An answer that the document does not foresee is a fault."""

    world: World
    examples: int
    answers: Counter[int] = field(factory=Counter, init=False)
    faults: list[str] = field(factory=list, init=False)

    def run(self, document: Mapping[str, Any]) -> None:
        for operation in _operations(document):
            try:
                self._ask(operation)
            except (FailureGroup, Exception) as fault:  # noqa: BLE001 - whatever it is, the next operation is asked too
                self.faults.append(f"{operation.label}: {fault}")

    def _ask(self, operation: Operation) -> None:
        cases = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]

        @settings(
            max_examples=self.examples,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(st.one_of(cases), st.sampled_from([*CALLERS, MADE_UP]), st.booleans())
        def ask(case: Case, caller: str, known: bool) -> None:
            answer = self.world.answered(case, caller, known=known)
            self.answers[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS if _has_a_shape(answer) else CHECKS_OF_STREAMS)

        ask()


def _has_a_shape(answer: schemathesis.Response) -> bool:
    """The shape of a stream's events is told in words: OpenAPI 3.1 has no other."""
    return not is_event_stream(response_content_type(answer))


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for found in schemathesis.openapi.from_dict(dict(document)).get_all_operations():
        assert isinstance(found, Ok), found
        yield found.ok()
