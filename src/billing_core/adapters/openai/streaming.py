"""A picture as it comes: unfinished ones to look at, then the finished one."""

from collections.abc import AsyncIterable

from billing_core.adapters.openai.answers import Answer, Item, answer_of, picture_of
from billing_core.adapters.openai.events import Events
from billing_core.adapters.openai.failures import Asked, failure_said
from billing_core.adapters.openai.said import said_of
from billing_core.adapters.pictures.reading import NotAPicture
from billing_core.ports.images import Watch


async def read_stream(parts: AsyncIterable[bytes], watch: Watch, asked: Asked) -> Answer:
    """Shows the unfinished pictures and returns with the finished one, without waiting for the stream's own end.

    Raises what an error among the events says; OutcomeUnknown where the stream ends without a finished picture.
    """
    events = Events()
    async for part in parts:
        for event in events.read(part):
            match event:  # one of another kind did not exist when this was written
                case {"error": said} if said:
                    raise failure_said(said_of(said), asked)
                case {"type": "error"}:
                    raise failure_said(said_of(event), asked)
                case {"type": "image_generation.partial_image", "b64_json": str(b64)}:
                    await _show(b64, watch)
                case {"type": "image_generation.completed", "b64_json": str(b64), **others}:
                    return answer_of((Item(b64=b64),), others.get("usage"))
    raise asked.unknown()


async def _show(b64: str, watch: Watch) -> None:
    try:
        picture = await picture_of(b64)
    except NotAPicture:
        return  # nobody is charged for it, and the finished one is still to come
    await watch(picture)
