"""Answers that are well."""

from tests.provider.painting import painted
from tests.provider.playing import PLAYED, Shelf, answer_with, b64, images_response, mode, pictures, size_of, usage
from tests.provider.wire import Answer, Call


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
    await answer_with(call, answer, pictures(call)[: shelf.most])


@mode
async def stream(call: Call, answer: Answer, shelf: Shelf) -> None:
    await partials(call, answer, shelf)
    (finished,) = pictures(call, 1)
    completed = {"type": "image_generation.completed", "b64_json": b64(finished), "usage": usage(1)}
    await answer.event(completed)


async def partials(call: Call, answer: Answer, shelf: Shelf) -> None:
    await answer.begin(200, {"content-type": "text/event-stream", "x-request-id": f"req_{call.number}"})
    for index in range(shelf.partials):
        partial = painted(size_of(call), shade=200 + index)
        event = {"type": "image_generation.partial_image", "partial_image_index": index, "b64_json": b64(partial)}
        await answer.event(event)


@mode
async def jpeg(call: Call, answer: Answer, shelf: Shelf) -> None:
    await answer_with(call, answer, pictures(call, format_="jpeg"))


@mode
async def webp(call: Call, answer: Answer, shelf: Shelf) -> None:
    await answer_with(call, answer, pictures(call, format_="webp"))


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
url = PLAYED["url"]


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
