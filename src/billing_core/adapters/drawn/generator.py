"""An ImageGenerator that needs no account, no network and no money."""

import asyncio
import re
from io import BytesIO

import anyio.to_thread
from attrs import frozen
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from billing_core.adapters.drawn.captions import caption
from billing_core.adapters.drawn.landscape import landscape
from billing_core.adapters.drawn.unfinished import unfinished
from billing_core.ports.errors import ImageRefused
from billing_core.ports.images import ImageRequest, Made, Picture, Watch, unwatched

SIZE = re.compile(r"([1-9][0-9]{0,3})x([1-9][0-9]{0,3})")
LONGEST_SIDE = 4096
MOST = 10
FORBIDDEN = re.compile(r"\bforbidden\b", re.IGNORECASE)


@frozen
class DrawnImages:
    """Draws a landscape with the prompt written below it, at exactly the size that was asked for, as PNG.

    Whoever watches is shown the first picture three times, ever less blurred. A provider takes its time: a request
    here takes `takes_s` seconds longer than drawing does, spread over what is shown. A prompt with the word
    `forbidden` is refused, so that a refusal can be seen by hand. Drawing takes a thread.
    """

    takes_s: float = 0.0

    async def generate(self, request: ImageRequest, *, watch: Watch = unwatched) -> Made:
        """Up to ten pictures. Raises ImageRefused, for a size that cannot be drawn too."""
        if FORBIDDEN.search(request.prompt):
            raise ImageRefused("moderation_blocked", "the prompt asks for something forbidden")
        drawn = await anyio.to_thread.run_sync(_drawn, request, _size(request.size))
        stages = () if watch is unwatched else await anyio.to_thread.run_sync(_stages, drawn[0])
        for stage in stages:
            await asyncio.sleep(self.takes_s / (len(stages) + 1))
            await watch(stage)
        await asyncio.sleep(self.takes_s / (len(stages) + 1))
        return Made(pictures=await anyio.to_thread.run_sync(_finished, drawn, request))


def _size(size: str) -> tuple[int, int]:
    found = SIZE.fullmatch(size)
    if found is None or max(int(found[1]), int(found[2])) > LONGEST_SIDE:
        raise ImageRefused("invalid_size", f"{size} is not a size of up to {LONGEST_SIDE}x{LONGEST_SIDE}")
    return int(found[1]), int(found[2])


def _drawn(request: ImageRequest, size: tuple[int, int]) -> list[Image.Image]:
    seeds = (_seed(request, index) for index in range(max(1, min(request.n, MOST))))
    return [landscape(size, seed=seed, quality=request.quality) for seed in seeds]


def _stages(image: Image.Image) -> tuple[Picture, ...]:
    return tuple(_picture(stage, PngInfo()) for stage in unfinished(image))


def _finished(drawn: list[Image.Image], request: ImageRequest) -> tuple[Picture, ...]:
    told = PngInfo()
    told.add_text("Software", "billing-core drawn placeholder")
    for image in drawn:
        caption(image, request.prompt, f"{request.model} · {request.quality} · {request.size}")
    return tuple(_picture(image, told) for image in drawn)


def _picture(image: Image.Image, told: PngInfo) -> Picture:
    content = BytesIO()
    image.save(content, "PNG", pnginfo=told, compress_level=3)  # half the time, and hardly larger
    return Picture(content=content.getvalue(), format="png", width=image.width, height=image.height)


def _seed(request: ImageRequest, index: int) -> str:
    return "\0".join((request.prompt, request.model, request.size, request.quality, str(index)))
