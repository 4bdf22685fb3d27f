"""The pictures that are drawn here."""

import asyncio
from io import BytesIO

import pytest
from attrs import evolve
from PIL import Image, ImageChops

from billing_core.adapters.drawn import DrawnImages
from billing_core.ports.errors import ImageRefused
from billing_core.ports.images import ImageGenerator, ImageRequest
from billing_core.testing.contracts.images import ImageGeneratorContract

REQUEST = ImageRequest(
    prompt="a lighthouse at dusk", model="flux-schnell", size="256x256", quality="standard", n=1, watermark=False
)


class TestDrawnImages(ImageGeneratorContract):
    @pytest.fixture
    def images(self) -> ImageGenerator:
        return DrawnImages()


async def drawn(request: ImageRequest) -> list[bytes]:
    return [picture.content for picture in (await DrawnImages().generate(request)).pictures]


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


async def test_the_same_request_gives_the_same_pictures() -> None:
    twice = evolve(REQUEST, n=2)

    assert await drawn(twice) == await drawn(twice)


@pytest.mark.parametrize(
    "other",
    [
        evolve(REQUEST, prompt="a harbour"),
        evolve(REQUEST, model="flux-dev"),
        evolve(REQUEST, quality="hd"),
        evolve(REQUEST, size="256x255"),
        evolve(REQUEST, watermark=True),
    ],
)
async def test_another_request_gives_another_picture(other: ImageRequest) -> None:
    assert await drawn(other) != await drawn(REQUEST)


async def test_several_are_several_and_not_one_again() -> None:
    pictures = await drawn(evolve(REQUEST, n=3))

    assert len(set(pictures)) == 3


async def test_more_than_ten_are_ten() -> None:
    assert len(await drawn(evolve(REQUEST, size="16x16", n=50))) == 10


@pytest.mark.parametrize("size", ["1x1", "64x64", "1536x1024", "1024x1536", "4096x16", "1x4096", "4096x4096"])
async def test_the_size_is_exactly_the_one_asked_for(size: str) -> None:
    (content,) = await drawn(evolve(REQUEST, size=size, watermark=True))

    width, height = opened(content).size
    assert f"{width}x{height}" == size


@pytest.mark.parametrize("size", ["", "auto", "0x64", "64", "4097x64", "64x4097", "99999x1", "64x64x64", "-1x5"])
async def test_a_size_that_cannot_be_drawn_is_refused(size: str) -> None:
    with pytest.raises(ImageRefused) as refused:
        await drawn(evolve(REQUEST, size=size))

    assert refused.value.code == "invalid_size"


@pytest.mark.parametrize("prompt", ["something forbidden", "FORBIDDEN!", "the Forbidden City"])
async def test_the_forbidden_is_refused(prompt: str) -> None:
    with pytest.raises(ImageRefused) as refused:
        await drawn(evolve(REQUEST, prompt=prompt))

    assert refused.value.code == "moderation_blocked"


@pytest.mark.parametrize("prompt", ["", " ", "\0\n\ud800", "日本 🎨", "x" * 32_000, "word " * 6_000])
async def test_any_other_prompt_can_be_drawn(prompt: str) -> None:
    assert len(await drawn(evolve(REQUEST, prompt=prompt))) == 1


async def test_a_watermark_can_be_seen_all_over_the_picture() -> None:
    (plain,) = await drawn(REQUEST)
    (marked,) = await drawn(evolve(REQUEST, watermark=True))
    seen = ImageChops.difference(opened(plain), opened(marked)).getbbox()

    assert seen is not None
    left, top, right, bottom = seen
    assert (right - left, bottom - top) > (200, 150)


async def test_a_watermark_can_be_read_by_a_program() -> None:
    (plain,) = await drawn(REQUEST)
    (marked,) = await drawn(evolve(REQUEST, watermark=True))

    assert "Watermark" not in opened(plain).info
    assert opened(marked).info["Watermark"] == "made with a free plan"


async def test_the_loop_goes_on_while_a_picture_is_drawn() -> None:
    drawing, turns = asyncio.create_task(drawn(evolve(REQUEST, size="1024x1024"))), 0
    while not drawing.done():
        await asyncio.sleep(0.001)
        turns += 1

    assert turns > 10
