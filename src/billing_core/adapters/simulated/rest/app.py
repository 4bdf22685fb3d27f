"""The simulated Stripe as a plain ASGI application, for a server on the loopback."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import frozen

from billing_core.adapters.simulated.server import SimulatedStripe

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LARGEST = 1_000_000


@frozen
class StripeApp:
    """Serves HTTP; anything else that a server asks is ignored."""

    stripe: SimulatedStripe

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _body(receive)
        if body is None:
            await _send(send, 413, {}, b"")
            return
        path = scope["path"]
        url = f"{path}?{query}" if (query := scope["query_string"].decode("latin-1")) else path
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        status, outside, told = await self.stripe.answer(scope["method"], url, headers, body)
        await _send(send, status, outside, told)


async def _send(send: Send, status: int, outside: Mapping[str, str], told: bytes) -> None:
    sent = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in outside.items()]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": told})


async def _body(receive: Receive) -> bytes | None:
    """All of it, as far as it came; None where it is more than Stripe would take."""
    parts: list[bytes] = []
    size, is_more = 0, True
    while is_more:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        is_more = message.get("more_body", False) and size <= LARGEST
    return b"".join(parts) if size <= LARGEST else None
