"""A simulated shop, asked over Stripe's REST API; nothing passes that Stripe does not document."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from attrs import define, field

from tests.shops.simulated import GOOD, Shop
from tests.stripe.spec import Checked, problems_of_object

KEY = {"Authorization": "Bearer sk_test_simulated"}


@define
class Api:
    """Answers are JSON, known to have Stripe's shapes."""

    shop: Shop = field(factory=Shop)
    _checked: Checked = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._checked = Checked(self.shop.stripe.answer)

    async def get(self, path: str, **params: Any) -> Any:
        return _taken(await self.ask("GET", path, params))

    async def post(self, path: str, **params: Any) -> Any:
        return _taken(await self.ask("POST", path, params))

    async def delete(self, path: str, **params: Any) -> Any:
        return _taken(await self.ask("DELETE", path, params))

    async def refused(self, method: str, path: str, **params: Any) -> tuple[int, Any]:
        """The status and the error."""
        status, answer = await self.ask(method, path, params)
        assert "error" in answer, answer
        return status, answer["error"]

    async def told(self, kind: str = "") -> list[str]:
        """The types of the events so far, whose objects all have Stripe's shapes."""
        events = [event for event in await self.shop.events() if event["type"].startswith(kind)]
        for event in events:
            assert [] == problems_of_object(event["data"]["object"]), event["type"]
        return [event["type"] for event in events]

    async def bought(self, sold: str = "handful", card: str = GOOD) -> str:
        """The id of the payment intent of a pack."""
        session = await self.shop.opened(sold)
        await self.shop.stripe.pay(session.id, card)
        intent = (await self.shop.stripe.state()).sessions[session.id].payment_intent_id
        assert intent is not None
        return intent

    async def ask(self, method: str, path: str, params: Mapping[str, Any]) -> tuple[int, Any]:
        """The status and the answer, whichever it is."""
        form = urlencode(list(_flat(params)))
        if method == "POST":
            status, _, body = await self._checked(method, path, KEY, form.encode())
        else:
            status, _, body = await self._checked(method, f"{path}?{form}", KEY, b"")
        return status, json.loads(body)


def _taken(answered: tuple[int, Any]) -> Any:
    status, answer = answered
    assert status == 200, answer
    return answer


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The fields of Stripe's form encoding."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}[{key}]" if name else key)
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from _flat(inner, f"{name}[{n}]")
    elif value is not None:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)
