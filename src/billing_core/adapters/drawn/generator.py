"""An ImageGenerator that needs no account, no network and no money."""

import re
from io import BytesIO

import anyio.to_thread
from attrs import define
from PIL.PngImagePlugin import PngInfo

from billing_core.adapters.drawn.landscape import landscape
from billing_core.adapters.drawn.lettering import caption, watermark
from billing_core.ports.errors import ImageRefused
from billing_core.ports.images import ImageRequest, Made, Picture, Watch, unwatched

SIZE = re.compile(r"([1-9][0-9]{0,3})x([1-9][0-9]{0,3})")
LONGEST_SIDE = 4096
MOST = 10
FORBIDDEN = re.compile(r"\bforbidden\b", re.IGNORECASE)
MARK = "made with a free plan"


@define
class DrawnImages:
    """Draws a landscape with the prompt written below it, at exactly the size that was asked for, as PNG.

    A prompt with the word `forbidden` is refused, so that a refusal can be seen by hand. Drawing takes a thread.
    """

    async def generate(self, request: ImageRequest, *, watch: Watch = unwatched) -> Made:
        """Up to ten pictures. Raises ImageRefused, for a size that cannot be drawn too."""
        if FORBIDDEN.search(request.prompt):
            raise ImageRefused("moderation_blocked", "the prompt asks for something forbidden")
        size = _size(request.size)
        return Made(pictures=await anyio.to_thread.run_sync(_drawn, request, size))


def _size(size: str) -> tuple[int, int]:
    found = SIZE.fullmatch(size)
    if found is None or max(int(found[1]), int(found[2])) > LONGEST_SIDE:
        raise ImageRefused("invalid_size", f"{size} is not a size of up to {LONGEST_SIDE}x{LONGEST_SIDE}")
    return int(found[1]), int(found[2])


def _drawn(request: ImageRequest, size: tuple[int, int]) -> tuple[Picture, ...]:
    return tuple(_picture(request, size, index) for index in range(max(1, min(request.n, MOST))))


def _picture(request: ImageRequest, size: tuple[int, int], index: int) -> Picture:
    image = landscape(size, seed=_seed(request, index), quality=request.quality)
    if request.watermark:
        watermark(image, MARK)
    caption(image, request.prompt, f"{request.model} · {request.quality} · {request.size}")
    content = BytesIO()
    image.save(content, "PNG", pnginfo=_told(request), compress_level=3)  # half the time, and hardly larger
    return Picture(content=content.getvalue(), format="png", width=size[0], height=size[1])


def _seed(request: ImageRequest, index: int) -> str:
    return "\0".join((request.prompt, request.model, request.size, request.quality, str(index)))


def _told(request: ImageRequest) -> PngInfo:
    """What a program can read without looking: that it is a placeholder, and whether it is marked."""
    told = PngInfo()
    told.add_text("Software", "billing-core drawn placeholder")
    if request.watermark:
        told.add_text("Watermark", MARK)
    return told
