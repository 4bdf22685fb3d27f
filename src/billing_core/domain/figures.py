"""Figures for operators, counted event by event: credits that came and went, pictures, and accounts that were opened.

An account's figures add up to its totals, whatever stretches its stream is counted in. So do those of all accounts.
"""

from collections import Counter
from datetime import date
from enum import Enum
from typing import NamedTuple

from attrs import Factory, define

from billing_core.domain import events as e
from billing_core.domain.credits import Hold

OTHER_WORK = "other"
"""The label of what was spent on work that is no picture: what such a hold is for is the embedding product's affair."""


class Figure(Enum):
    """What is counted: accounts, pictures, credits and money a month. What has a label is told apart by it."""

    OPENED = "opened"  # accounts
    IMAGES = "images"  # delivered pictures, by model
    GRANTED = "granted"  # by source
    SPENT = "spent"  # from grants, by model
    COVERED = "covered"  # under unlimited plans, so from no grant, by model
    EXPIRED = "expired"
    REVOKED = "revoked"
    TAKEN = "taken"
    SETTLED = "settled"
    INCURRED = "incurred"
    FORGIVEN = "forgiven"
    WRITTEN_OFF = "written_off"
    STANDING = "standing"  # accounts, by how they stand; what came and went, so that days can be gone back
    MONTHLY = "monthly"  # what subscriptions come to a month, in minor units, by currency; the same


class Place(NamedTuple):
    """Where an amount is counted: the UTC day on which it happened, the figure, and what it is told apart by."""

    day: date
    figure: Figure
    label: str = ""


@define
class Counting:
    """Counts a stretch of one account's stream. `amounts` may be negative: what had expired can be revoked instead.

    What a capture paid for stands in its hold. Where that was placed before the stretch began, the capture waits until
    the hold is told.
    """

    amounts: Counter[Place] = Factory(Counter)
    _holds: dict[str, Hold] = Factory(dict)
    _waiting: dict[str, e.HoldCaptured] = Factory(dict)

    @property
    def waits_for(self) -> frozenset[str]:
        """The holds that were placed before, and are to be told."""
        return frozenset(self._waiting)

    def placed_before(self, hold: Hold) -> None:
        """Tells of a hold that was placed before the stretch."""
        if (event := self._waiting.pop(hold.id, None)) is not None:
            self._captured(event, hold)

    def take(self, event: e.Event) -> None:
        """Counts the next event."""
        match event:
            case e.HoldPlaced():
                self._holds[event.hold.id] = event.hold
            case e.HoldCaptured():
                self._add(event, Figure.EXPIRED, event.expired)
                hold = self._holds.pop(event.hold_id, None)
                if hold is None:
                    self._waiting[event.hold_id] = event
                else:
                    self._captured(event, hold)
            case e.HoldReleased() | e.HoldLapsed():
                self._holds.pop(event.hold_id, None)  # a long stream has many
                self._add(event, Figure.EXPIRED, event.expired)
            case e.AccountOpened():
                self._add(event, Figure.OPENED, 1)
            case e.CreditsGranted() | e.FreeSlotGranted() | e.DebtReturned():
                self._add(event, Figure.GRANTED, event.grant.amount, event.grant.source.value)
            case e.GrantExpired():
                self._add(event, Figure.EXPIRED, event.amount)
            case e.CreditsRevoked():
                self._add(event, Figure.REVOKED, event.amount)
                self._add(event, Figure.EXPIRED, -event.expired)
            case e.CreditsTaken():
                self._add(event, Figure.TAKEN, sum([take.amount for take in event.takes]))
            case e.DebtIncurred():
                self._add(event, Figure.INCURRED, event.amount)
            case e.DebtSettled():
                self._add(event, Figure.SETTLED, sum([take.amount for take in event.takes]))
            case e.DebtForgiven():
                self._add(event, Figure.FORGIVEN, event.amount)
            case e.ShortfallWrittenOff():
                self._add(event, Figure.INCURRED, event.amount)
                self._add(event, Figure.WRITTEN_OFF, event.amount)

    def _captured(self, event: e.HoldCaptured, hold: Hold) -> None:
        label = hold.reason if hold.images else OTHER_WORK
        self._add(event, Figure.COVERED if hold.covered else Figure.SPENT, event.amount, label)
        self._add(event, Figure.IMAGES, event.images, label)

    def _add(self, event: e.Event, figure: Figure, amount: int, label: str = "") -> None:
        if amount:
            self.amounts[Place(event.at.date(), figure, label)] += amount
