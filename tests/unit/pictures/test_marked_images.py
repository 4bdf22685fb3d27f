"""What another generator makes leaves with a mark where it should, and as it came where it should not."""

import asyncio
import threading

import pytest
from attrs import evolve, field, frozen

from billing_core.adapters.drawn import DrawnImages
from billing_core.adapters.pictures import MarkedImages, mark_of
from billing_core.ports.errors import ImageRefused, Misconfigured, OutcomeUnknown, Unavailable
from billing_core.ports.images import ImageGenerator, ImageRequest, Made, Picture, Watch, unwatched
from billing_core.testing.contracts.images import ImageGeneratorContract
from tests.unit.pictures.samples import encoded, soft

WORDS = "Made with a free plan"
MARKED = ImageRequest(
    prompt="a lighthouse", model="flux-schnell", size="256x256", quality="standard", n=1, watermark=True
)
PLAIN = evolve(MARKED, watermark=False)
A_PAGE = Picture(content=b"<html>", format="png", width=256, height=256)


def a_picture(named: str = "png") -> Picture:
    return Picture(content=encoded(soft(), named), format=named, width=256, height=256)


@frozen
class Scripted:
    """Shows and makes what it was given, or fails so."""

    made: Made = field(factory=lambda: Made(pictures=(a_picture(),)))
    shown: tuple[Picture, ...] = ()
    failure: Exception | None = None

    async def generate(self, request: ImageRequest, *, watch: Watch = unwatched) -> Made:
        if self.failure:
            raise self.failure
        for picture in self.shown:
            await watch(picture)
        return self.made


class Gallery:
    """A watcher that keeps what it was shown."""

    def __init__(self) -> None:
        self.seen: list[Picture] = []

    async def watch(self, picture: Picture) -> None:
        self.seen.append(picture)


class TestUnmarked(ImageGeneratorContract):
    @pytest.fixture
    def images(self) -> ImageGenerator:
        return MarkedImages(DrawnImages(), WORDS)


class TestMarked(TestUnmarked):
    @pytest.fixture
    def request_of(self) -> ImageRequest:
        return MARKED


async def test_finished_and_unfinished_pictures_are_marked_where_the_request_says_so() -> None:
    gallery = Gallery()
    made = await MarkedImages(DrawnImages(), WORDS).generate(evolve(MARKED, n=2), watch=gallery.watch)

    assert [mark_of(picture.content) for picture in made.pictures] == [WORDS] * 2
    assert [mark_of(picture.content) for picture in gallery.seen] == [WORDS] * 3


async def test_nothing_is_touched_where_the_request_does_not_say_so() -> None:
    gallery = Gallery()
    inner = Scripted(made=Made(pictures=(a_picture(), A_PAGE)), shown=(a_picture("jpeg"), A_PAGE))

    assert await MarkedImages(inner, WORDS).generate(PLAIN, watch=gallery.watch) is inner.made
    assert gallery.seen == list(inner.shown)


async def test_what_the_provider_said_of_its_work_is_kept() -> None:
    made = Made(pictures=(a_picture(),), provider_request_id="req_1", input_tokens=5, output_tokens=1_056)

    marked = await MarkedImages(Scripted(made=made), WORDS).generate(MARKED)

    assert evolve(marked, pictures=made.pictures) == made


@pytest.mark.parametrize("named", ["png", "jpeg", "webp"])
async def test_the_format_is_the_providers(named: str) -> None:
    inner = Scripted(made=Made(pictures=(a_picture(named),)))

    (picture,) = (await MarkedImages(inner, WORDS).generate(MARKED)).pictures

    assert (named, WORDS) == (picture.format, mark_of(picture.content))


async def test_what_cannot_be_marked_never_leaves() -> None:
    inner = Scripted(made=Made(pictures=(a_picture(), A_PAGE)))

    with pytest.raises(OutcomeUnknown):
        await MarkedImages(inner, WORDS).generate(MARKED)


async def test_an_unfinished_picture_that_cannot_be_marked_is_not_shown_and_the_rest_is() -> None:
    gallery = Gallery()
    inner = Scripted(shown=(A_PAGE, a_picture()))

    made = await MarkedImages(inner, WORDS).generate(MARKED, watch=gallery.watch)

    assert [mark_of(picture.content) for picture in (*gallery.seen, *made.pictures)] == [WORDS] * 2


@pytest.mark.parametrize(
    "failure",
    [
        ImageRefused("moderation_blocked", "no"),
        Unavailable("the provider"),
        Misconfigured("openai", "the key"),
        OutcomeUnknown("generate"),
    ],
)
async def test_a_failure_is_the_providers_own(failure: Exception) -> None:
    with pytest.raises(type(failure)) as raised:
        await MarkedImages(Scripted(failure=failure), WORDS).generate(MARKED)

    assert raised.value is failure


async def test_nothing_is_marked_for_nobody_to_see() -> None:
    """A generator that shows nothing to nobody saves itself the work; so it must be told that nobody watches."""
    watched: list[Watch] = []

    class Asked(Scripted):
        async def generate(self, request: ImageRequest, *, watch: Watch = unwatched) -> Made:
            watched.append(watch)
            return self.made

    await MarkedImages(Asked(), WORDS).generate(MARKED)

    assert watched == [unwatched]


async def test_the_loop_goes_on_and_few_pictures_are_marked_at_once() -> None:
    large = Picture(content=encoded(soft((1000, 1000)), "png"), format="png", width=1000, height=1000)
    images = MarkedImages(Scripted(made=Made(pictures=(large,))), WORDS)
    before, most, turns = threading.active_count(), 0, 0
    marking = asyncio.gather(*(images.generate(MARKED) for _ in range(5)))
    while not marking.done():
        await asyncio.sleep(0.001)
        most, turns = max(most, threading.active_count()), turns + 1
    await marking

    assert turns > 20
    assert most <= before + 2
