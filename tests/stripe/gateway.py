"""The gateway at whatever answers like Stripe, and a line to it that is bad."""

from collections.abc import Mapping

from attrs import define, field

from billing_core.adapters.stripe.api import Api, open_api
from billing_core.adapters.stripe.gateway import StripeGateway
from billing_core.adapters.stripe.pace import Pace, Patience
from billing_core.adapters.stripe.pages import TEST_DASHBOARD
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.transport import Answering

KEY = "sk_test_1"


async def at_once(_: float) -> None:
    """Nobody waits."""


def an_api(answering: Answering, base: str = "http://stripe.test") -> Api:
    """One that never waits."""
    return open_api(answering, key=KEY, base=base, pace=Pace(sleep=at_once), patience=Patience(sleep=at_once))


def stripe_gateway(answering: Answering, base: str = "http://stripe.test") -> StripeGateway:
    api = an_api(answering, base)
    return StripeGateway(api, PriceBook(api), TEST_DASHBOARD)


@define
class Forgetful:
    """An Answering over a line that loses the first answer to each change; the change is made."""

    answering: Answering
    lost: set[str] = field(factory=set)

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        answer = await self.answering(method, url, headers, body)
        change = f"{method} {url} {headers.get('Idempotency-Key')}"
        if method != "GET" and change not in self.lost:
            self.lost.add(change)
            raise ConnectionError("the answer is lost")
        return answer
