"""Connections that break, bodies without an end, and what providers say when they do not do it."""

import asyncio

from tests.provider.playing import KILOBYTE, Shelf, b64, failing, mode, pictures, said
from tests.provider.wire import Answer, Call


@mode
async def disconnect(call: Call, answer: Answer, shelf: Shelf) -> None:
    """The request was taken, and not a byte comes back."""
    answer.cut()


@mode
async def half_a_body(call: Call, answer: Answer, shelf: Shelf) -> None:
    content = b64(pictures(call)[0]).encode()
    await answer.begin(200, {"content-type": "application/json", "content-length": str(len(content) * 2)})
    await answer.send(b'{"created": 1, "data": [{"b64_json": "' + content)
    answer.cut()


@mode
async def endless(call: Call, answer: Answer, shelf: Shelf) -> None:
    """JSON that never ends, as fast as it is read."""
    await answer.begin(200, {"content-type": "application/json"})
    await answer.send(b'{"created": 1, "data": [{"b64_json": "')
    while True:
        await answer.send(KILOBYTE * 64)


@mode
async def endless_error(call: Call, answer: Answer, shelf: Shelf) -> None:
    """The same, under a status of 500."""
    await answer.begin(500, {"content-type": "application/json"})
    while True:
        await answer.send(KILOBYTE * 64)


@mode
async def huge(call: Call, answer: Answer, shelf: Shelf) -> None:
    """200 MB, honestly announced."""
    await answer.begin(200, {"content-type": "application/json", "content-length": str(200 * 1024 * 1024)})
    for _ in range(200 * 16):
        await answer.send(KILOBYTE * 64)


@mode
async def trickle(call: Call, answer: Answer, shelf: Shelf) -> None:
    """A byte now and then, for ever: no single read takes long."""
    await answer.begin(200, {"content-type": "application/json"})
    while True:
        await answer.send(b" ")
        await asyncio.sleep(shelf.slow_s / 20)


@mode
async def zipped(call: Call, answer: Answer, shelf: Shelf) -> None:
    """Compressed, though the request may not have said that it takes that."""
    await answer.whole(200, b"\x1f\x8b\x08\0", {"content-type": "application/json", "content-encoding": "gzip"})


@mode
async def says_the_key(call: Call, answer: Answer, shelf: Shelf) -> None:
    """401, with the key in clear among the words."""
    _, _, key = call.headers.get("authorization", "").partition(" ")
    await answer.json(401, {"error": said("invalid_api_key", f"The key {key} is wrong, {key}!")})


@mode
async def error_503_empty(call: Call, answer: Answer, shelf: Shelf) -> None:
    await answer.whole(503, b"")


@mode
async def error_502_page(call: Call, answer: Answer, shelf: Shelf) -> None:
    await answer.whole(502, b"<html>Bad Gateway</html>", {"content-type": "text/html"})


@mode
async def moved(call: Call, answer: Answer, shelf: Shelf) -> None:
    await answer.whole(308, b"", {"location": "http://127.0.0.1:1/elsewhere"})


# What providers say.
failing(
    "moderation_blocked",
    400,
    said("moderation_blocked", "Your request was rejected by the safety system.", "image_generation_user_error"),
)
failing("content_policy_violation", 400, said("content_policy_violation", "Your prompt may violate our policy."))
failing("relay_403", 403, said(None, "Request blocked by content moderation."))
failing("relay_422", 422, said("nsfw_content", "The prompt contains NSFW content."))
failing("relay_451", 451, said(None, "Unavailable."))
failing("prompt_too_long", 400, said("string_above_max_length", "The prompt is too long.", param="prompt"))
failing("unknown_400", 400, said("unknown_parameter", "Unknown parameter: 'sized'.", param="sized"))
failing("unknown_422", 422, said(None, "steps must be at most 12"))
failing("bad_key_401", 401, said("invalid_api_key", "Incorrect API key provided: sk-se****inel."))
failing("no_money_402", 402, said(None, "Payment required."))
failing("forbidden_403", 403, said(None, "Your organization must be verified to use this model."))
failing("model_not_found", 404, said("model_not_found", "The model does not exist."))
failing("timeout_408", 408, said(None, "Request timed out."))
failing("conflict_409", 409, said(None, "Conflict."))
failing("rate_limited", 429, said("rate_limit_exceeded", "Rate limit reached."), {"retry-after": "7"})
failing("rate_limited_ms", 429, said("rate_limit_exceeded", "Rate limit reached."), {"retry-after-ms": "1500"})
failing("rate_limited_bare", 429, said("rate_limit_exceeded", "Rate limit reached."))
failing("no_quota", 429, said("insufficient_quota", "You exceeded your current quota."))
failing("no_billing", 400, said("billing_hard_limit_reached", "Billing hard limit has been reached"))
failing("error_500", 500, said(None, "The server had an error."))
failing("error_503", 503, said(None, "The engine is overloaded."), {"retry-after": "3"})
