"""What every ImageGenerator and every ImageStore does."""

import asyncio

import pytest
from attrs import define, evolve, field

from billing_core.adapters.pictures import read_picture
from billing_core.ports.images import ImageGenerator, ImageRequest, ImageStore, Picture


@define
class _Watcher:
    """Keeps what it is shown until it looks away."""

    shown: list[Picture] = field(factory=list)
    _looks: bool = True

    async def watch(self, picture: Picture) -> None:
        assert self._looks, "an unfinished picture came after the finished ones"
        self.shown.append(picture)

    def look_away(self) -> None:
        self._looks = False


class ImageGeneratorContract:
    """Subclass it and give the fixture `images`; `request_of` where the default request does not suit the provider."""

    @pytest.fixture
    def images(self) -> ImageGenerator:
        raise NotImplementedError("give the generator that is to be tried")

    @pytest.fixture
    def request_of(self) -> ImageRequest:
        return ImageRequest(
            prompt="a lighthouse at dusk",
            model="flux-schnell",
            size="1024x1024",
            quality="standard",
            n=1,
            watermark=False,
        )

    async def test_a_request_is_answered_with_a_picture(self, images: ImageGenerator, request_of: ImageRequest) -> None:
        made = await images.generate(request_of)

        assert len(made.pictures) == 1

    async def test_several_are_made_but_never_more_than_asked_for(
        self, images: ImageGenerator, request_of: ImageRequest
    ) -> None:
        made = await images.generate(evolve(request_of, n=3))

        assert 1 <= len(made.pictures) <= 3

    async def test_a_picture_is_what_it_says_it_is(self, images: ImageGenerator, request_of: ImageRequest) -> None:
        (picture,) = (await images.generate(request_of)).pictures

        assert read_picture(picture.content) == picture
        assert f"{picture.width}x{picture.height}" == request_of.size

    async def test_each_of_several_is_what_it_says_it_is(
        self, images: ImageGenerator, request_of: ImageRequest
    ) -> None:
        made = await images.generate(evolve(request_of, n=2))

        assert [read_picture(picture.content) for picture in made.pictures] == list(made.pictures)

    async def test_what_the_provider_says_of_its_work_can_be_written_down(
        self, images: ImageGenerator, request_of: ImageRequest
    ) -> None:
        made = await images.generate(request_of)

        assert made.provider_request_id is None or 0 < len(made.provider_request_id) <= 255
        assert all(tokens is None or tokens >= 0 for tokens in (made.input_tokens, made.output_tokens))

    async def test_whoever_watches_is_shown_pictures_that_can_be_seen_and_are_no_larger_than_the_finished(
        self, images: ImageGenerator, request_of: ImageRequest
    ) -> None:
        watcher = _Watcher()
        (finished,) = (await images.generate(request_of, watch=watcher.watch)).pictures

        assert [read_picture(picture.content) for picture in watcher.shown] == watcher.shown
        assert all(picture.width <= finished.width for picture in watcher.shown)
        assert all(picture.height <= finished.height for picture in watcher.shown)

    async def test_nothing_unfinished_is_shown_once_the_finished_are_there(
        self, images: ImageGenerator, request_of: ImageRequest
    ) -> None:
        watcher = _Watcher()
        await images.generate(request_of, watch=watcher.watch)
        watcher.look_away()
        await asyncio.sleep(0.05)

    async def test_watching_changes_nothing_of_what_is_made(
        self, images: ImageGenerator, request_of: ImageRequest
    ) -> None:
        watched = await images.generate(request_of, watch=_Watcher().watch)
        unwatched = await images.generate(request_of)

        assert [(each.format, each.width) for each in watched.pictures] == [
            (each.format, each.width) for each in unwatched.pictures
        ]

    async def test_requests_may_come_at_once(self, images: ImageGenerator, request_of: ImageRequest) -> None:
        made = await asyncio.gather(*(images.generate(request_of) for _ in range(3)))

        assert [len(each.pictures) for each in made] == [1, 1, 1]


class ImageStoreContract:
    """Subclass it and give the fixture `store`: an empty one."""

    @pytest.fixture
    def store(self) -> ImageStore:
        raise NotImplementedError("give the store that is to be tried")

    async def test_what_was_put_is_got(self, store: ImageStore) -> None:
        await store.put("img_1/0.png", bytes(range(256)))

        assert await store.get("img_1/0.png") == bytes(range(256))

    async def test_what_is_got_is_bytes_and_not_something_like_them(self, store: ImageStore) -> None:
        await store.put("img_1.png", b"first")

        assert type(await store.get("img_1.png")) is bytes

    async def test_a_large_picture_comes_back_whole(self, store: ImageStore) -> None:
        large = bytes(12_000_000)
        await store.put("large.png", large)

        assert await store.get("large.png") == large

    async def test_an_empty_one_is_not_a_missing_one(self, store: ImageStore) -> None:
        await store.put("empty.png", b"")

        assert await store.get("empty.png") == b""

    async def test_what_was_never_put_is_none(self, store: ImageStore) -> None:
        assert await store.get("img_2/0.png") is None

    async def test_putting_again_replaces(self, store: ImageStore) -> None:
        await store.put("img_1.png", b"a long first one")
        await store.put("img_1.png", b"second")

        assert await store.get("img_1.png") == b"second"

    async def test_keys_do_not_share_what_they_keep(self, store: ImageStore) -> None:
        await store.put("a/1.png", b"a")
        await store.put("b/1.png", b"b")

        assert await store.get("a/1.png") == b"a"

    async def test_what_was_deleted_is_gone_and_the_rest_is_not(self, store: ImageStore) -> None:
        await store.put("a/1.png", b"one")
        await store.put("a/2.png", b"two")
        await store.delete("a/1.png")

        assert await store.get("a/1.png") is None
        assert await store.get("a/2.png") == b"two"

    async def test_deleting_what_is_not_there_is_no_error(self, store: ImageStore) -> None:
        await store.delete("nothing/here.png")

    async def test_the_keys_of_a_folder_are_told_in_order_and_no_others(self, store: ImageStore) -> None:
        for key in ("gen_1/1-1.png", "gen_1/1-0.png", "gen_1/partial-1-0.webp", "gen_10/1-0.png", "gen_1.png", "a.png"):
            await store.put(key, b"picture")

        assert await store.keys("gen_1") == ("gen_1/1-0.png", "gen_1/1-1.png", "gen_1/partial-1-0.webp")

    async def test_a_folder_within_a_folder_belongs_to_both(self, store: ImageStore) -> None:
        await store.put("a/b/1.png", b"picture")
        await store.put("a/2.png", b"picture")

        assert await store.keys("a") == ("a/2.png", "a/b/1.png")
        assert await store.keys("a/b") == ("a/b/1.png",)

    async def test_a_folder_that_never_was_has_no_keys(self, store: ImageStore) -> None:
        assert await store.keys("gen_2") == ()

    async def test_what_was_deleted_is_among_the_keys_no_more(self, store: ImageStore) -> None:
        await store.put("a/1.png", b"one")
        await store.put("a/2.png", b"two")
        await store.delete("a/1.png")

        assert await store.keys("a") == ("a/2.png",)
        await store.delete("a/2.png")
        assert await store.keys("a") == ()

    async def test_more_keys_than_fit_on_a_page_are_all_told(self, store: ImageStore) -> None:
        many = [f"many/{n:04d}.png" for n in range(1_100)]
        for key in many:
            await store.put(key, b"")

        assert await store.keys("many") == tuple(many)

    async def test_what_is_being_put_has_no_other_key_meanwhile(self, store: ImageStore) -> None:
        putting = [asyncio.create_task(store.put(f"busy/{n}.png", bytes(500_000))) for n in range(4)]
        seen = set(await store.keys("busy"))
        await asyncio.gather(*putting)

        assert seen <= {f"busy/{n}.png" for n in range(4)}

    async def test_puts_at_once_leave_one_of_them_whole(self, store: ImageStore) -> None:
        contents = [bytes([n]) * 50_000 for n in range(8)]
        await asyncio.gather(*(store.put("contended.png", content) for content in contents))

        assert await store.get("contended.png") in contents
