"""How much an account has made: images of a day, and what was captured in the free plan's slot."""

from datetime import date, datetime

from attrs import field, frozen

from billing_core.domain.calendar import instant
from billing_core.domain.credits import Hold
from billing_core.domain.values import changed


@frozen(kw_only=True, slots=False)
class Usage:
    """What was made: images accepted on `day` (UTC), and all that were ever delivered."""

    day: date | None = None
    images_today: int = 0
    images_total: int = 0

    def accepted(self, on: date, images: int) -> "Usage":
        before = self.images_today if self.day == on else 0
        return changed(self, day=on, images_today=before + images)

    def given_back(self, hold: Hold, on: date, images: int) -> "Usage":
        """Images that were not made count no more, if it is still the day on which they were accepted."""
        if not images or hold.placed_at.date() != on:
            return self
        return changed(self, images_today=max(0, self.images_today - images))


@frozen(kw_only=True, slots=False)
class FreeSlot:
    """The latest free slot that was granted, and what was captured in it."""

    start: datetime = field(validator=instant)
    end: datetime = field(validator=instant)
    captured: int = 0
