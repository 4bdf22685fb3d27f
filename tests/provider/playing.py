"""What the ways of answering are made of."""

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
PLAYED: dict[str, Mode] = {}


def mode(play: Mode) -> Mode:
    PLAYED[play.__name__] = play
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


async def answer_with(call: Call, answer: Answer, found: list[bytes]) -> None:
    data = [{"b64_json": b64(each)} for each in found]
    await answer.json(200, images_response(data, usage=usage(len(data))), {"x-request-id": f"req_{call.number}"})


def failing(name: str, status: int, error: object, headers: Mapping[str, str] | None = None) -> None:
    async def play(call: Call, answer: Answer, shelf: Shelf) -> None:
        await answer.json(status, {"error": error}, {"x-request-id": f"req_{call.number}", **(headers or {})})

    PLAYED[name] = play


def said(code: str | None, message: str, kind: str = "invalid_request_error", param: str | None = None) -> object:
    return {"code": code, "message": message, "type": kind, "param": param}


def answering(name: str, content: object) -> None:
    async def play(call: Call, answer: Answer, shelf: Shelf) -> None:
        await answer.json(200, content, {"x-request-id": f"req_{call.number}"})

    PLAYED[name] = play
