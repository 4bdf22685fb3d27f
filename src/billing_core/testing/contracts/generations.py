"""The contract of Generations: what the records wrote is read back, and a terminal row never changes."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from attrs import evolve

from billing_core.domain.attempts import Attempt, AttemptOutcome
from billing_core.domain.generation import Failure, GenerationStatus
from billing_core.ports.books import Books
from billing_core.ports.generations import Progress
from billing_core.ports.records import (
    AttemptMade,
    GenerationMoved,
    GenerationOpened,
    ImageAdded,
    ImageChanged,
    Job,
    PartialMade,
    Record,
)
from billing_core.testing.contracts.books import (
    NOW,
    BooksContract,
    Rows,
    a_generation,
    a_partial,
    an_image,
    recording,
)

LATER = NOW + timedelta(seconds=7)
LATEST = LATER + timedelta(seconds=7)
RUNNING = GenerationMoved(generation_id="gen_1", status=GenerationStatus.RUNNING, started_at=NOW)


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

    async def test_an_attempt_begins_and_ends(self, books: Books) -> None:
        begun = AttemptMade(generation_id="gen_1", number=1, at=NOW)
        ended = AttemptMade(
            generation_id="gen_1",
            number=1,
            at=LATER,
            outcome=AttemptOutcome.SUCCEEDED,
            error="a warning, 灯台",
            provider_request_id="req_1",
            input_tokens=13,
            output_tokens=4_160,
        )
        await books.accounts.change("a", recording(GenerationOpened(a_generation()), begun))
        started = Attempt(number=1, outcome=AttemptOutcome.STARTED, started_at=NOW)
        assert await books.generations.attempts("a", "gen_1") == (started,)

        await books.accounts.change("a", recording(ended))
        assert await books.generations.attempts("a", "gen_1") == (
            evolve(
                started,
                outcome=AttemptOutcome.SUCCEEDED,
                ended_at=LATER,
                error="a warning, 灯台",
                provider_request_id="req_1",
                input_tokens=13,
                output_tokens=4_160,
            ),
        )

    async def test_an_attempt_may_be_told_when_it_is_over(self, books: Books) -> None:
        refused = AttemptMade(generation_id="gen_1", number=1, at=LATER, outcome=AttemptOutcome.REFUSED)
        await books.accounts.change("a", recording(GenerationOpened(a_generation()), refused))

        assert await books.generations.attempts("a", "gen_1") == (
            Attempt(number=1, outcome=AttemptOutcome.REFUSED, started_at=LATER, ended_at=LATER),
        )

    @pytest.mark.parametrize("before", AttemptOutcome)
    @pytest.mark.parametrize("told", AttemptOutcome)
    async def test_what_is_certain_of_an_attempt_takes_the_place_of_what_is_not_and_stays(
        self, books: Books, before: AttemptOutcome, told: AttemptOutcome
    ) -> None:
        await books.accounts.change("a", recording(GenerationOpened(a_generation()), _attempt(1)))
        await books.accounts.change("a", recording(_attempt(1, before, at=LATER)))
        await books.accounts.change("a", recording(_attempt(1, told, at=LATEST)))

        (kept,) = await books.generations.attempts("a", "gen_1")
        assert kept.outcome is (told if before.gives_way_to(told) else before)
        assert kept.started_at == NOW

    async def test_attempts_are_told_by_number_and_a_known_outcome_stays(self, books: Books) -> None:
        await books.accounts.change("a", recording(GenerationOpened(a_generation()), _attempt(1)))
        await books.accounts.change("a", recording(_attempt(2), _attempt(1, AttemptOutcome.REFUSED, at=LATER)))
        await books.accounts.change("a", recording(_attempt(1, at=LATEST), _attempt(2, at=LATEST)))
        await books.accounts.change("a", recording(_attempt(1, AttemptOutcome.SUCCEEDED, at=LATEST)))

        assert await books.generations.attempts("a", "gen_1") == (
            Attempt(number=1, outcome=AttemptOutcome.REFUSED, started_at=NOW, ended_at=LATER),
            Attempt(number=2, outcome=AttemptOutcome.STARTED, started_at=NOW),
        )
        assert await books.generations.attempts("b", "gen_1") == ()

    async def test_progress_is_a_generation_with_its_attempts_and_what_can_be_seen_of_it(self, books: Books) -> None:
        seen = [a_partial(1, attempt=2), a_partial(2), a_partial(1)]
        made = (PartialMade(partial) for partial in seen)
        await books.accounts.change("a", recording(GenerationOpened(a_generation()), RUNNING, _attempt(1), *made))

        generation = evolve(a_generation(), status=GenerationStatus.RUNNING, started_at=NOW)
        attempts = await books.generations.attempts("a", "gen_1")
        progress = await books.generations.progress("a", "gen_1")
        assert progress == Progress(generation, attempts, (a_partial(1), a_partial(2), a_partial(1, attempt=2)))
        assert await books.generations.progress("b", "gen_1") is None

    async def test_an_unfinished_picture_that_is_told_again_stays_as_it_was(self, books: Books) -> None:
        await books.accounts.change("a", recording(GenerationOpened(a_generation()), PartialMade(a_partial())))
        await books.accounts.change("a", recording(PartialMade(a_partial(at=LATER))))

        progress = await books.generations.progress("a", "gen_1")
        assert progress is not None
        assert progress.partials == (a_partial(),)

    @pytest.mark.parametrize("status", [status for status in GenerationStatus if status.is_terminal])
    async def test_unfinished_pictures_are_forgotten_at_the_end(
        self, books: Books, rows: Rows, status: GenerationStatus
    ) -> None:
        ended = GenerationMoved(generation_id="gen_1", status=status, ended_at=LATER)
        for account_id in ("a", "b"):
            opened = GenerationOpened(a_generation(account_id=account_id))
            await books.accounts.change(account_id, recording(opened, RUNNING, PartialMade(a_partial())))
        await books.accounts.change("a", recording(ended, PartialMade(a_partial(2))))
        await books.accounts.change("a", recording(PartialMade(a_partial(3))))

        assert rows("partials") == 1
        kept = await books.generations.progress("b", "gen_1")
        assert kept is not None
        assert kept.partials == (a_partial(),)

    async def test_an_unfinished_picture_of_no_generation_is_not_kept(self, books: Books, rows: Rows) -> None:
        await books.accounts.change("a", recording(GenerationOpened(a_generation())))
        await books.accounts.change("b", recording(PartialMade(a_partial())))

        assert rows("partials") == 0

    async def test_a_mark_changes_with_each_step_and_with_nothing_else(self, books: Books) -> None:
        """Also where three unfinished pictures are forgotten at once."""
        steps: tuple[tuple[Record, ...], ...] = (
            (GenerationOpened(a_generation()),),
            (RUNNING, _attempt(1)),
            *((PartialMade(a_partial(number)),) for number in (1, 2, 3)),
            (_attempt(1, AttemptOutcome.UNKNOWN),),
            (_attempt(1, AttemptOutcome.UNAVAILABLE),),
            (_attempt(2),),
            (evolve(RUNNING, status=GenerationStatus.FAILED), _attempt(2, AttemptOutcome.REFUSED)),
        )
        marks = []
        for records in steps:
            for account_id in ("a", "other"):
                await books.accounts.change(account_id, recording(*(records if account_id == "a" else ())))
            marks.append(await _mark(books))
            await books.accounts.change("a", recording(Job(task="t", args={})))
            assert await _mark(books) == marks[-1]

        assert len(set(marks)) == len(steps)

    async def test_marks_are_told_of_those_that_are_asked_for_and_there(self, books: Books) -> None:
        for account_id, generation_id in (("a", "gen_1"), ("a", "gen_2"), ("b", "gen_3")):
            opened = GenerationOpened(a_generation(generation_id, account_id=account_id))
            await books.accounts.change(account_id, recording(opened))

        assert (await books.generations.marks({"gen_1", "gen_3", "gen_9"})).keys() == {"gen_1", "gen_3"}
        assert await books.generations.marks([]) == {}

    async def test_what_waits_beyond_its_time_is_overdue(self, books: Books) -> None:
        times = {"gen_1": LATEST, "gen_2": NOW, "gen_3": LATER, "gen_4": NOW}
        for generation_id, expires_at in times.items():
            opened = GenerationOpened(evolve(a_generation(generation_id), expires_at=expires_at))
            await books.accounts.change("a", recording(opened))
        canceled = GenerationMoved(generation_id="gen_4", status=GenerationStatus.CANCELED, ended_at=NOW)
        await books.accounts.change("a", recording(canceled))

        assert await _overdue(books, LATER) == ["gen_2", "gen_3"]
        assert await _overdue(books, LATER, limit=1) == ["gen_2"]

    async def test_what_runs_is_overdue_when_nothing_was_heard_of_it_for_long(self, books: Books) -> None:
        """Of gen_1 since it began; of the others a later attempt began, one ended, or a picture could be seen."""
        ended = _attempt(1, AttemptOutcome.UNAVAILABLE, at=LATER)
        signs: Mapping[str, tuple[AttemptMade, ...]] = {
            "gen_1": (),
            "gen_2": (_attempt(2, at=LATER),),
            "gen_3": (ended,),
            "gen_4": (),
        }
        for generation_id, signs_of_life in signs.items():
            await books.accounts.change("a", recording(GenerationOpened(a_generation(generation_id))))
            records: tuple[GenerationMoved | AttemptMade, ...] = (RUNNING, _attempt(1), *signs_of_life)
            for record in records:
                await books.accounts.change("a", recording(evolve(record, generation_id=generation_id)))
        await books.accounts.change("a", recording(PartialMade(a_partial(generation_id="gen_4", at=LATER))))

        assert await _overdue(books, LATEST, stuck_since=NOW) == []
        assert await _overdue(books, LATEST, stuck_since=LATER) == ["gen_1"]
        assert await _overdue(books, LATEST, stuck_since=LATEST) == ["gen_1", "gen_2", "gen_3", "gen_4"]
        assert await _overdue(books, LATEST, stuck_since=LATEST, limit=3) == ["gen_1", "gen_2", "gen_3"]


def _attempt(number: int, outcome: AttemptOutcome = AttemptOutcome.STARTED, *, at: datetime = NOW) -> AttemptMade:
    return AttemptMade(generation_id="gen_1", number=number, at=at, outcome=outcome)


async def _mark(books: Books) -> int:
    return (await books.generations.marks(["gen_1"]))["gen_1"]


async def _overdue(books: Books, now: datetime, *, stuck_since: datetime = NOW, limit: int = 9) -> list[str]:
    found = await books.generations.overdue(now, stuck_since=stuck_since, limit=limit)
    return [generation.id for generation in found]
