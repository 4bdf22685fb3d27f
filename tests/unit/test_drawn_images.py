"""The pictures that are drawn here."""

import asyncio
from io import BytesIO
from itertools import pairwise

import pytest
from attrs import evolve
from PIL import Image, ImageChops, ImageStat

from billing_core.adapters.drawn import DrawnImages
from billing_core.ports.errors import ImageRefused
from billing_core.ports.images import ImageGenerator, ImageRequest, Picture
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


def difference(one: Picture, other: Picture) -> float:
    """Between the halves that no words are written on."""
    seen = [opened(each.content).resize((512, 384)).crop((0, 0, 512, 240)) for each in (one, other)]
    return sum(ImageStat.Stat(ImageChops.difference(*seen)).mean)


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
    (content,) = await drawn(evolve(REQUEST, size=size))

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


async def test_whoever_watches_sees_it_get_sharper() -> None:
    shown: list[Picture] = []

    async def watch(picture: Picture) -> None:
        shown.append(picture)

    (finished,) = (await DrawnImages().generate(evolve(REQUEST, size="1024x768"), watch=watch)).pictures

    assert [(512, 384)] * 3 == [(stage.width, stage.height) for stage in shown]
    still_to_come = [difference(picture, finished) for picture in shown]
    assert still_to_come == sorted(still_to_come, reverse=True)
    assert still_to_come[-1] > 0


async def test_only_the_first_of_several_is_shown_unfinished() -> None:
    shown: list[Picture] = []

    async def watch(picture: Picture) -> None:
        shown.append(picture)

    await DrawnImages().generate(evolve(REQUEST, n=4), watch=watch)

    assert len(shown) == 3


async def test_a_picture_takes_as_long_as_it_was_told_to_and_is_shown_on_the_way() -> None:
    now, shown = asyncio.get_running_loop().time, list[float]()

    async def watch(picture: Picture) -> None:
        shown.append(now())

    began = now()
    await DrawnImages(takes_s=0.4).generate(evolve(REQUEST, size="64x64"), watch=watch)
    ended = now()

    assert ended - began >= 0.39
    pauses = [later - earlier for earlier, later in pairwise([began, *shown, ended])]
    assert all(pause >= 0.09 for pause in pauses)


async def test_nobody_who_looks_away_waits_less() -> None:
    now = asyncio.get_running_loop().time
    began = now()
    await DrawnImages(takes_s=0.2).generate(evolve(REQUEST, size="64x64"))

    assert now() - began >= 0.19


async def test_the_forbidden_is_refused_at_once() -> None:
    with pytest.raises(ImageRefused):
        await asyncio.wait_for(DrawnImages(takes_s=60).generate(evolve(REQUEST, prompt="forbidden")), 5)


async def test_a_mark_is_the_work_of_another() -> None:
    assert await drawn(evolve(REQUEST, watermark=True)) == await drawn(REQUEST)


async def test_the_loop_goes_on_while_a_picture_is_drawn() -> None:
    drawing, turns = asyncio.create_task(drawn(evolve(REQUEST, size="1024x1024"))), 0
    while not drawing.done():
        await asyncio.sleep(0.001)
        turns += 1

    assert turns > 10
