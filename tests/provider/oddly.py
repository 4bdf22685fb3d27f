"""Answers of status 200 that are not what was asked for."""

from tests.provider.painting import painted
from tests.provider.playing import Shelf, answer_with, answering, b64, images_response, mode, pictures, said
from tests.provider.well import partials
from tests.provider.wire import Answer, Call

HTML = b"<!doctype html><title>Sign in</title><script>alert(1)</script>"
SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>'
)


@mode
async def short(call: Call, answer: Answer, shelf: Shelf) -> None:
    """One picture fewer than asked for, and one at least."""
    await answer_with(call, answer, pictures(call)[1:] or pictures(call))


@mode
async def too_many(call: Call, answer: Answer, shelf: Shelf) -> None:
    await answer_with(call, answer, pictures(call) + pictures(call, 2))


@mode
async def one_broken(call: Call, answer: Answer, shelf: Shelf) -> None:
    """The first of the pictures is cut off, the others are well."""
    first, *others = pictures(call)
    await answer_with(call, answer, [first[: len(first) // 2], *others])


@mode
async def counting_wildly(call: Call, answer: Answer, shelf: Shelf) -> None:
    """What was asked for, and more tokens than anybody ever had."""
    data = [{"b64_json": b64(each)} for each in pictures(call)]
    await answer.json(200, images_response(data, usage={"input_tokens": 2**63, "output_tokens": 2**64 - 1}))


answering("empty_data", images_response([]))
answering("null_data", images_response(None))
answering("no_data", {"created": 1})
answering("empty_item", images_response([{"revised_prompt": "a lighthouse"}]))
answering("empty_b64", images_response([{"b64_json": ""}]))
answering("data_of_text", images_response("no list"))
answering("not_base64", images_response([{"b64_json": "!!! not base64 !!!"}]))
answering("html_picture", images_response([{"b64_json": b64(HTML)}]))
answering("svg_picture", images_response([{"b64_json": b64(SVG)}]))
answering("truncated_png", images_response([{"b64_json": b64(painted("512x512")[:-40])}]))
answering("json_list", [1, 2, 3])
answering("error_with_200", {"error": said("moderation_blocked", "Your request was rejected by the safety system.")})


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
    await partials(call, answer, shelf)


@mode
async def stream_broken(call: Call, answer: Answer, shelf: Shelf) -> None:
    """Partial images, then an event of no JSON."""
    await partials(call, answer, shelf)
    await answer.send(b"data: {nonsense\n\n")


@mode
async def stream_cut(call: Call, answer: Answer, shelf: Shelf) -> None:
    """Partial images, then half an event and nothing more."""
    await partials(call, answer, shelf)
    await answer.send(b'data: {"type": "image_generation.comp')
    answer.cut()


@mode
async def stream_says_error(call: Call, answer: Answer, shelf: Shelf) -> None:
    """The same, with the words beside the type and not below `error`."""
    await partials(call, answer, shelf)
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
    await partials(call, answer, shelf)
    error = said("moderation_blocked", "Your request was rejected by the safety system.", "image_generation_user_error")
    await answer.event({"type": "error", "error": error})
