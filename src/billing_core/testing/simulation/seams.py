"""What stands outside of the process and may fail: the network to Stripe, the image provider, the image store."""

import asyncio
from collections.abc import Mapping
from random import Random

import msgspec
from attrs import define, field

from billing_core.adapters.simulated import SimulatedStripe
from billing_core.ports.errors import ImageRefused, Misconfigured, OutcomeUnknown, Unavailable
from billing_core.ports.images import ImageRequest, Made, Picture, Watch, unwatched
from billing_core.testing.simulation.life import Life


def a_picture() -> Picture:
    """One like the other."""
    return Picture(content=b"a picture", format="png", width=512, height=512)


def _error(kind: str, message: str) -> bytes:
    return msgspec.json.encode({"error": {"type": kind, "message": message}})


@define
class Wire:
    """The network between the process and Stripe: an Answering that loses requests and answers."""

    stripe: SimulatedStripe
    life: Life

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        chances = self.life.chances
        if not self.life.is_alive:
            await self.life.nothing_more()
        await asyncio.sleep(chances.hop_s() * 5)
        if not self.life.is_alive:
            await self.life.nothing_more()
        if chances.strikes("too_many"):
            return 429, {"Retry-After": "1"}, _error("rate_limit_error", "Too many requests.")
        if chances.strikes("server_error"):
            return 500, {"Stripe-Should-Retry": "true"}, _error("api_error", "Something went wrong.")
        if chances.strikes("lost_request"):
            await asyncio.sleep(20)
            raise ConnectionError("the request was lost")
        answer = await self.stripe.answer(method, url, headers, body)
        await asyncio.sleep(chances.hop_s())
        if chances.strikes("lost_answer"):
            await asyncio.sleep(20)
            raise ConnectionError("the answer was lost")
        return answer


@define
class Painter:
    """An image provider, which shows up to three unfinished pictures first. What it made is counted, whether anybody
    heard of it or not."""

    life: Life
    random: Random
    made: int = 0
    asked: int = 0

    async def generate(self, request: ImageRequest, *, watch: Watch = unwatched) -> Made:
        chances = self.life.chances
        self.asked += 1
        await asyncio.sleep(2 + chances.hop_s())
        if chances.strikes("image_late"):
            await asyncio.sleep(self.random.uniform(30, 1800))
        if chances.strikes("image_refused"):
            raise ImageRefused("moderation", "The provider does not draw this.")
        if chances.strikes("image_misconfigured"):
            raise Misconfigured("the image provider", "the model is not known here")
        if chances.strikes("image_unavailable"):
            raise Unavailable("the image provider")
        for _ in range(self.random.randint(0, 3)):
            await watch(a_picture())
            await asyncio.sleep(chances.hop_s())
        n = request.n
        if n > 1 and chances.strikes("image_fewer"):
            n = self.random.randint(1, n - 1)
        self.made += n
        if chances.strikes("image_lost"):
            raise OutcomeUnknown("the image provider")
        return Made(
            pictures=tuple(a_picture() for _ in range(n)),
            provider_request_id=f"req_{self.asked}",
            input_tokens=50,
            output_tokens=1_000 * n,
        )


@define
class Store:
    """An image store that keeps what it is given, over every restart."""

    kept: dict[str, bytes] = field(factory=dict)

    async def put(self, key: str, content: bytes) -> None:
        self.kept[key] = content

    async def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    async def delete(self, key: str) -> None:
        self.kept.pop(key, None)

    async def keys(self, folder: str) -> tuple[str, ...]:
        return tuple(sorted(key for key in self.kept if key.startswith(f"{folder}/")))
