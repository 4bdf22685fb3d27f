"""What is wrong after a campaign: generations, holds and pictures as they were found, against each other."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from attrs import define, field

from billing_core.adapters.pictures import NotAPicture, mark_of, read_picture
from billing_core.domain import events as e
from billing_core.domain.attempts import AttemptOutcome
from billing_core.domain.generation import GenerationStatus, Image
from billing_core.ports.books import Books
from billing_core.ports.generations import Progress

MOST_BILLED = 2


@define
class Findings:
    """Goes through everything there is; `counts` tells what it saw, `wrong` what should not be so."""

    books: Books
    folder: Path
    counts: Counter[str] = field(factory=Counter)
    wrong: list[str] = field(factory=list)

    async def look(self, accounts: Sequence[str]) -> None:
        kept = {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()}
        listed = set[str]()
        for account_id in accounts:
            account = await self.books.accounts.get(account_id)
            self.wrong += [f"{account_id}: hold {hold.id} is still open" for hold in account.book.holds]
            ends = await self._ends(account_id)
            async for progress in self._all(account_id):
                found = list(self._problems(progress, ends[progress.generation.id]))
                self.wrong += [f"{progress.generation.id}: {problem}" for problem in found]
                listed |= {image.key for image in progress.generation.images}
        self.counts["pictures"] = len(listed)
        self.wrong += [f"{key} is kept, and no image names it" for key in sorted(kept - listed)]
        self.wrong += [f"{key} is named, and not kept" for key in sorted(listed - kept)]
        self.wrong += [f"incident {each.key}: {each.detail}" for each in await self.books.incidents.open()]

    async def _ends(self, account_id: str) -> dict[str, list[e.Event]]:
        ends = defaultdict[str, list[e.Event]](list)
        async for stored in self.books.history.of(account_id):
            match stored.event:
                case e.HoldCaptured(hold_id=hold_id) | e.HoldReleased(hold_id=hold_id) | e.HoldLapsed(hold_id=hold_id):
                    ends[hold_id].append(stored.event)
        return ends

    async def _all(self, account_id: str) -> AsyncIterator[Progress]:
        cursor = None
        while True:
            page = await self.books.generations.page(account_id, limit=100, cursor=cursor)
            for generation in page.items:
                progress = await self.books.generations.progress(account_id, generation.id)
                assert progress is not None
                yield progress
            if (cursor := page.next_cursor) is None:
                return

    def _problems(self, progress: Progress, ends: Sequence[e.Event]) -> Iterator[str]:
        generation = progress.generation
        self.counts[generation.status.value] += 1
        self.counts["attempts"] += len(progress.attempts)
        outcomes = [attempt.outcome for attempt in progress.attempts]
        if AttemptOutcome.STARTED in outcomes:
            yield f"an attempt is still under way: {outcomes}"
        if sum(outcome.may_have_been_billed for outcome in outcomes) > MOST_BILLED:
            yield f"it was attempted too often: {outcomes}"
        match generation.status, ends:
            case GenerationStatus.SUCCEEDED, [e.HoldCaptured(amount=amount, images=images)]:
                expected = generation.credits * len(generation.images) // generation.n
                charges = (generation.charged, amount, images)
                if charges != (expected, expected, len(generation.images)):
                    yield f"{len(generation.images)} pictures were charged as {charges}"
            case GenerationStatus.FAILED, [e.HoldReleased()]:
                if generation.images or generation.charged:
                    yield f"it failed, has {len(generation.images)} pictures and cost {generation.charged}"
            case _:
                yield f"it is {generation.status.value}, and its hold ended so: {ends}"
        for image in generation.images:
            yield from self._unlike(image)

    def _unlike(self, image: Image) -> Iterator[str]:
        path = self.folder / image.key
        if not path.exists():
            return
        try:
            picture = read_picture(path.read_bytes())
        except NotAPicture as problem:
            yield f"{image.key}: {problem}"
            return
        if (picture.format, picture.width, picture.height) != (image.format, image.width, image.height):
            yield f"{image.key} is {picture.format} of {picture.width}x{picture.height}"
        if image.watermark != (mark_of(picture.content) is not None):
            yield f"{image.key} should carry a mark: {image.watermark}"
