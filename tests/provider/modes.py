"""Every way in which a provider answers a request for pictures: well, oddly, badly, not at all."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from tests.provider.painting import painted
from tests.provider.wire import Answer, Call

KILOBYTE = b"x" * 1024


class Shelf(Protocol):
    """What a mode needs of its server."""

    slow_s: float
    partials: int
    most: int

    def shelve(self, content: bytes, kind: str, behave: str = "well") -> str:
        """Where the content can be got: a URL. `behave` says how it is handed out."""
        ...


Mode = Callable[[Call, Answer, Shelf], Awaitable[None]]
MODES: dict[str, Mode] = {}


def mode(play: Mode) -> Mode:
    MODES[play.__name__] = play
    return play


def size_of(call: Call) -> str:
    body = call.body
    return str(body["size"]) if "size" in body else f"{body.get('width', 1024)}x{body.get('height', 1024)}"


def pictures(call: Call, n: int | None = None, format_: str = "png") -> list[bytes]:
    """As many as were asked for, no two of them alike."""
    wanted = int(str(call.body.get("n") or 1)) if n is None else n
    return [painted(size_of(call), format_, shade=(call.number * 7 + index) % 256) for index in range(wanted)]


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def usage(n: int) -> Mapping[str, object]:
    return {
        "input_tokens": 12,
        "output_tokens": 100 * n,
        "total_tokens": 12 + 100 * n,
        "input_tokens_details": {"text_tokens": 12, "image_tokens": 0},
    }


def images_response(data: object, **more: object) -> Mapping[str, object]:
    return {"created": 1_790_000_000, "data": data, **more}


async def _with(call: Call, answer: Answer, found: list[bytes]) -> None:
    data = [{"b64_json": b64(each)} for each in found]
    await answer.json(200, images_response(data, usage=usage(len(data))), {"x-request-id": f"req_{call.number}"})


def _failing(name: str, status: int, error: object, headers: Mapping[str, str] | None = None) -> None:
    async def play(call: Call, answer: Answer, shelf: Shelf) -> None:
        await answer.json(status, {"error": error}, {"x-request-id": f"req_{call.number}", **(headers or {})})

    MODES[name] = play


def _said(code: str | None, message: str, kind: str = "invalid_request_error", param: str | None = None) -> object:
    return {"code": code, "message": message, "type": kind, "param": param}


# ---- Well ----


@mode
async def well(call: Call, answer: Answer, shelf: Shelf) -> None:
    """As the request wants it: a stream where it asks for one, URLs where it says so, else base64 and usage."""
    if call.body.get("stream"):
        await stream(call, answer, shelf)
    elif call.body.get("response_format") == "url":
        await url(call, answer, shelf)
    else:
        await plain(call, answer, shelf)


@mode
async def plain(call: Call, answer: Answer, shelf: Shelf) -> None:
    await _with(call, answer, pictures(call)[: shelf.most])


@mode
async def stream(call: Call, answer: Answer, shelf: Shelf) -> None:
    await _partials(call, answer, shelf)
    (finished,) = pictures(call, 1)
    completed = {"type": "image_generation.completed", "b64_json": b64(finished), "usage": usage(1)}
    await answer.event(completed)


async def _partials(call: Call, answer: Answer, shelf: Shelf) -> None:
    await answer.begin(200, {"content-type": "text/event-stream", "x-request-id": f"req_{call.number}"})
    for index in range(shelf.partials):
        partial = painted(size_of(call), shade=200 + index)
        event = {"type": "image_generation.partial_image", "partial_image_index": index, "b64_json": b64(partial)}
        await answer.event(event)


@mode
async def jpeg(call: Call, answer: Answer, shelf: Shelf) -> None:
    await _with(call, answer, pictures(call, format_="jpeg"))


@mode
async def webp(call: Call, answer: Answer, shelf: Shelf) -> None:
    await _with(call, answer, pictures(call, format_="webp"))


@mode
async def slow(call: Call, answer: Answer, shelf: Shelf) -> None:
    """Well, after the server's `slow_s`, unless who asked has hung up."""
    await answer.wait(shelf.slow_s)
    await well(call, answer, shelf)


def _by_url(name: str, behave: str, kind: str = "image/png") -> None:
    async def play(call: Call, answer: Answer, shelf: Shelf) -> None:
        data = [{"url": shelf.shelve(each, kind, behave), "index": at} for at, each in enumerate(pictures(call))]
        await answer.json(200, images_response(data), {"x-request-id": f"req_{call.number}"})

    play.__name__ = name
    mode(play)


for _name, _behave in (
    ("url", "well"),
    ("url_twice", "fail_once"),  # the first download of each breaks off, the second is well
    ("url_moved", "redirect"),
    ("url_gone", "missing"),
    ("url_endless", "endless"),
    ("url_short", "lie"),  # fewer bytes than its content-length says
    ("url_slow", "slow"),
    ("url_large", "too_long"),  # a content-length beyond every cap
    ("url_html", "html"),
):
    _by_url(_name, _behave)
url = MODES["url"]


@mode
async def url_one_gone(call: Call, answer: Answer, shelf: Shelf) -> None:
    """The first of the URLs leads to nothing, the others are well."""
    data = [
        {"url": shelf.shelve(each, "image/png", "well" if at else "missing")} for at, each in enumerate(pictures(call))
    ]
    await answer.json(200, images_response(data))


@mode
async def url_elsewhere(call: Call, answer: Answer, shelf: Shelf) -> None:
    """A URL on a host that has nothing to do with the provider."""
    await answer.json(200, images_response([{"url": "https://elsewhere.example/1.png"}]))


@mode
async def long_id(call: Call, answer: Answer, shelf: Shelf) -> None:
    """Well, under a request id of 60 letters."""
    data = [{"b64_json": b64(each)} for each in pictures(call)]
    await answer.json(200, images_response(data), {"x-request-id": f"req_{call.number:056}"})


# ---- Oddly: 200, and not what was asked for ----


@mode
async def short(call: Call, answer: Answer, shelf: Shelf) -> None:
    """One picture fewer than asked for, and one at least."""
    await _with(call, answer, pictures(call)[1:] or pictures(call))


@mode
async def too_many(call: Call, answer: Answer, shelf: Shelf) -> None:
    await _with(call, answer, pictures(call) + pictures(call, 2))


@mode
async def one_broken(call: Call, answer: Answer, shelf: Shelf) -> None:
    """The first of the pictures is cut off, the others are well."""
    first, *others = pictures(call)
    await _with(call, answer, [first[: len(first) // 2], *others])


def _answering(name: str, content: object) -> None:
    async def play(call: Call, answer: Answer, shelf: Shelf) -> None:
        await answer.json(200, content, {"x-request-id": f"req_{call.number}"})

    MODES[name] = play


HTML = b"<!doctype html><title>Sign in</title><script>alert(1)</script>"
SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>'
)

_answering("empty_data", images_response([]))
_answering("null_data", images_response(None))
_answering("no_data", {"created": 1})
_answering("empty_item", images_response([{"revised_prompt": "a lighthouse"}]))
_answering("empty_b64", images_response([{"b64_json": ""}]))
_answering("data_of_text", images_response("no list"))
_answering("not_base64", images_response([{"b64_json": "!!! not base64 !!!"}]))
_answering("html_picture", images_response([{"b64_json": b64(HTML)}]))
_answering("svg_picture", images_response([{"b64_json": b64(SVG)}]))
_answering("truncated_png", images_response([{"b64_json": b64(painted("512x512")[:-40])}]))
_answering("json_list", [1, 2, 3])
_answering("error_with_200", {"error": _said("moderation_blocked", "Your request was rejected by the safety system.")})


@mode
async def malformed_json(call: Call, answer: Answer, shelf: Shelf) -> None:
    await answer.whole(200, b'{"created": 1, "data": [{"b64_json": ', {"content-type": "application/json"})


@mode
async def html_page(call: Call, answer: Answer, shelf: Shelf) -> None:
    await answer.whole(200, HTML, {"content-type": "text/html"})


@mode
async def deep_json(call: Call, answer: Answer, shelf: Shelf) -> None:
    await answer.whole(200, b"[" * 100_000, {"content-type": "application/json"})


@mode
async def stream_unfinished(call: Call, answer: Answer, shelf: Shelf) -> None:
    """Partial images, then a proper end without the finished one."""
    await _partials(call, answer, shelf)


@mode
async def stream_broken(call: Call, answer: Answer, shelf: Shelf) -> None:
    """Partial images, then an event of no JSON."""
    await _partials(call, answer, shelf)
    await answer.send(b"data: {nonsense\n\n")


@mode
async def stream_cut(call: Call, answer: Answer, shelf: Shelf) -> None:
    """Partial images, then half an event and nothing more."""
    await _partials(call, answer, shelf)
    await answer.send(b'data: {"type": "image_generation.comp')
    answer.cut()


@mode
async def stream_says_error(call: Call, answer: Answer, shelf: Shelf) -> None:
    """The same, with the words beside the type and not below `error`."""
    await _partials(call, answer, shelf)
    words = {"code": "moderation_blocked", "message": "Rejected by the safety system."}
    await answer.event({"type": "error", **words})


@mode
async def stream_of_odd_things(call: Call, answer: Answer, shelf: Shelf) -> None:
    """Partial images that are none, and events of kinds that nobody knows, before the finished one."""
    await answer.begin(200, {"content-type": "text/event-stream"})
    await answer.event({"type": "image_generation.partial_image", "b64_json": b64(HTML)})
    await answer.event({"type": "image_generation.partial_image", "b64_json": "!"})
    await answer.event({"type": "image_generation.partial_image"})
    await answer.event({"type": "image_generation.thinking", "thought": "blue"})
    await answer.event([1, 2])
    await answer.event({"type": "image_generation.completed", "b64_json": b64(pictures(call, 1)[0])})


@mode
async def stream_refused(call: Call, answer: Answer, shelf: Shelf) -> None:
    """A partial image, then word that the finished one is blocked."""
    await _partials(call, answer, shelf)
    error = _said(
        "moderation_blocked", "Your request was rejected by the safety system.", "image_generation_user_error"
    )
    await answer.event({"type": "error", "error": error})


# ---- Badly: the connection, and the size ----


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
    await answer.json(401, {"error": _said("invalid_api_key", f"The key {key} is wrong, {key}!")})


@mode
async def error_503_empty(call: Call, answer: Answer, shelf: Shelf) -> None:
    await answer.whole(503, b"")


@mode
async def error_502_page(call: Call, answer: Answer, shelf: Shelf) -> None:
    await answer.whole(502, b"<html>Bad Gateway</html>", {"content-type": "text/html"})


@mode
async def moved(call: Call, answer: Answer, shelf: Shelf) -> None:
    await answer.whole(308, b"", {"location": "http://127.0.0.1:1/elsewhere"})


# ---- Badly: what the provider says ----

_failing(
    "moderation_blocked",
    400,
    _said("moderation_blocked", "Your request was rejected by the safety system.", "image_generation_user_error"),
)
_failing("content_policy_violation", 400, _said("content_policy_violation", "Your prompt may violate our policy."))
_failing("relay_403", 403, _said(None, "Request blocked by content moderation."))
_failing("relay_422", 422, _said("nsfw_content", "The prompt contains NSFW content."))
_failing("relay_451", 451, _said(None, "Unavailable."))
_failing("prompt_too_long", 400, _said("string_above_max_length", "The prompt is too long.", param="prompt"))
_failing("unknown_400", 400, _said("unknown_parameter", "Unknown parameter: 'sized'.", param="sized"))
_failing("unknown_422", 422, _said(None, "steps must be at most 12"))
_failing("bad_key_401", 401, _said("invalid_api_key", "Incorrect API key provided: sk-se****inel."))
_failing("no_money_402", 402, _said(None, "Payment required."))
_failing("forbidden_403", 403, _said(None, "Your organization must be verified to use this model."))
_failing("model_not_found", 404, _said("model_not_found", "The model does not exist."))
_failing("timeout_408", 408, _said(None, "Request timed out."))
_failing("conflict_409", 409, _said(None, "Conflict."))
_failing("rate_limited", 429, _said("rate_limit_exceeded", "Rate limit reached."), {"retry-after": "7"})
_failing("rate_limited_ms", 429, _said("rate_limit_exceeded", "Rate limit reached."), {"retry-after-ms": "1500"})
_failing("rate_limited_bare", 429, _said("rate_limit_exceeded", "Rate limit reached."))
_failing("no_quota", 429, _said("insufficient_quota", "You exceeded your current quota."))
_failing("no_billing", 400, _said("billing_hard_limit_reached", "Billing hard limit has been reached"))
_failing("error_500", 500, _said(None, "The server had an error."))
_failing("error_503", 503, _said(None, "The engine is overloaded."), {"retry-after": "3"})
