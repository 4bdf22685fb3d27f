"""The contract of Generations: what the records wrote is read back, and a terminal row never changes."""

from datetime import timedelta

from attrs import evolve

from billing_core.domain.generation import Failure, GenerationStatus
from billing_core.ports.books import Books
from billing_core.ports.records import (
    AttemptMade,
    GenerationMoved,
    GenerationOpened,
    ImageAdded,
    ImageChanged,
)
from billing_core.testing.contracts.books import NOW, BooksContract, a_generation, an_image, recording

LATER = NOW + timedelta(seconds=7)


class GenerationsContract(BooksContract):
    """Subclass it; give the fixture `books` of BooksContract."""

    async def test_an_opened_generation_is_read_back(self, books: Books) -> None:
        await books.accounts.change("a", recording(GenerationOpened(a_generation())))

        assert await books.generations.get("a", "gen_1") == a_generation()
        assert await books.generations.get("b", "gen_1") is None

    async def test_a_move_keeps_what_it_does_not_tell(self, books: Books) -> None:
        running = GenerationMoved(generation_id="gen_1", status=GenerationStatus.RUNNING, started_at=NOW)
        failed = GenerationMoved(
            generation_id="gen_1",
            status=GenerationStatus.FAILED,
            ended_at=LATER,
            charged=4,
            failure=Failure("timeout", "took too long"),
        )
        await books.accounts.change("a", recording(GenerationOpened(a_generation()), running, failed))

        assert await books.generations.get("a", "gen_1") == evolve(
            a_generation(),
            status=GenerationStatus.FAILED,
            started_at=NOW,
            ended_at=LATER,
            charged=4,
            failure=Failure("timeout", "took too long"),
        )

    async def test_a_terminal_generation_never_changes(self, books: Books) -> None:
        canceled = GenerationMoved(generation_id="gen_1", status=GenerationStatus.CANCELED, ended_at=NOW)
        late = GenerationMoved(generation_id="gen_1", status=GenerationStatus.SUCCEEDED, ended_at=LATER, charged=8)
        await books.accounts.change("a", recording(GenerationOpened(a_generation()), canceled))
        await books.accounts.change("a", recording(late))

        kept = await books.generations.get("a", "gen_1")
        assert kept == evolve(a_generation(), status=GenerationStatus.CANCELED, ended_at=NOW)

    async def test_another_account_moves_nothing(self, books: Books) -> None:
        await books.accounts.change("a", recording(GenerationOpened(a_generation())))
        moved = GenerationMoved(generation_id="gen_1", status=GenerationStatus.RUNNING)
        await books.accounts.change("b", recording(moved, ImageChanged(image_id="img_1", deleted=True)))

        assert await books.generations.get("a", "gen_1") == a_generation()

    async def test_a_generation_comes_with_its_pictures(self, books: Books) -> None:
        images = (an_image("img_1"), an_image("img_2", private=True))
        await books.accounts.change(
            "a", recording(GenerationOpened(a_generation()), *(ImageAdded(image) for image in images))
        )

        kept = await books.generations.get("a", "gen_1")
        assert kept is not None
        assert kept.images == images
        assert (await books.generations.page("a", limit=9)).items == (kept,)

    async def test_a_picture_is_found_hidden_and_deleted(self, books: Books) -> None:
        await books.accounts.change("a", recording(GenerationOpened(a_generation()), ImageAdded(an_image())))
        assert await books.generations.image("img_1") == an_image()

        await books.accounts.change("a", recording(ImageChanged(image_id="img_1", private=True)))
        assert await books.generations.image("img_1") == an_image(private=True)

        await books.accounts.change("a", recording(ImageChanged(image_id="img_1", deleted=True)))
        assert await books.generations.image("img_1") is None
        kept = await books.generations.get("a", "gen_1")
        assert kept is not None
        assert kept.images == ()

    async def test_pages_go_newest_first_and_miss_nothing(self, books: Books) -> None:
        for n in range(5):
            await books.accounts.change("a", recording(GenerationOpened(a_generation(f"gen_{n}"))))
        await books.accounts.change("b", recording(GenerationOpened(a_generation("gen_9", account_id="b"))))

        pages, cursor = [], None
        while True:
            page = await books.generations.page("a", limit=2, cursor=cursor)
            pages.append([generation.id for generation in page.items])
            cursor = page.next_cursor
            if cursor is None:
                break
        assert pages == [["gen_4", "gen_3"], ["gen_2", "gen_1"], ["gen_0"]]

    async def test_a_full_last_page_has_no_next(self, books: Books) -> None:
        await books.accounts.change("a", recording(GenerationOpened(a_generation())))

        assert (await books.generations.page("a", limit=1)).next_cursor is None

    async def test_the_gallery_shows_everybodys_public_pictures(self, books: Books) -> None:
        for account_id, private in (("a", False), ("b", True), ("c", False), ("d", False)):
            opened = GenerationOpened(a_generation(account_id=account_id))
            image = an_image(f"img_{account_id}", account_id=account_id, private=private)
            await books.accounts.change(account_id, recording(opened, ImageAdded(image)))
        await books.accounts.change("d", recording(ImageChanged(image_id="img_d", deleted=True)))

        first = await books.generations.gallery(limit=1)
        rest = await books.generations.gallery(limit=1, cursor=first.next_cursor)
        assert [image.id for image in (*first.items, *rest.items)] == ["img_c", "img_a"]
        assert rest.next_cursor is None

    async def test_attempts_are_told_by_number_and_a_known_outcome_stays(self, books: Books) -> None:
        def attempt(number: int, outcome: str = "started") -> AttemptMade:
            return AttemptMade(generation_id="gen_1", number=number, at=NOW, outcome=outcome)

        await books.accounts.change("a", recording(GenerationOpened(a_generation()), attempt(1)))
        await books.accounts.change("a", recording(attempt(1, "unknown"), attempt(2)))
        await books.accounts.change("a", recording(attempt(1)))

        assert await books.generations.attempts("a", "gen_1") == ("unknown", "started")
        assert await books.generations.attempts("b", "gen_1") == ()
