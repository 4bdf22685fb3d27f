"""The glossary has one meaning per word, and every word is where it says."""

import re
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt
from billing_core.domain.admission import Wish
from billing_core.domain.attempts import Attempt
from billing_core.domain.catalog import (
    Catalog,
    CatalogVersion,
    Interval,
    Model,
    Offer,
    Pack,
    Plan,
    Price,
    Rate,
    Trial,
    Unlimited,
)
from billing_core.domain.checkouts import Checkout
from billing_core.domain.credits import CreditBook, Grant, Hold, Source, Take, Totals
from billing_core.domain.entitlements import Entitlements
from billing_core.domain.generation import Failure, Generation, Image, Partial
from billing_core.domain.money import Money
from billing_core.domain.options import Option
from billing_core.domain.payments import Payment, Purchase, Sign, Span
from billing_core.domain.plan_in_force import PlanInForce
from billing_core.domain.slots import Slot
from billing_core.domain.subscription import PendingChange, Status, Subscription, SubscriptionSnapshot, Tally
from billing_core.domain.usage import FreeSlot, Usage
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.commit import Cause, Commit
from billing_core.ports.directory import Directory, ParkedEvent
from billing_core.ports.gateway import PaymentGateway, PlanChange
from billing_core.ports.history import History
from billing_core.ports.images import ImageGenerator, ImageStore
from billing_core.ports.inbox import Inbox
from billing_core.ports.incidents import Incident
from billing_core.ports.jobs import JobQueue
from billing_core.ports.notifier import Notice
from billing_core.ports.records import Job, OwnerClaimed
from billing_core.ports.register import Register
from billing_core.ports.webhooks import Delivery, Webhooks

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"
ROW = re.compile(r"\| (?P<word>[^|]+) \| (?P<meaning>[^|]+) \| `(?P<where>[^|`]+)` \|")

# The classes whose names somebody new will look up.
LOOKED_UP: tuple[type, ...] = (
    *(Account, AccountAt, FreeSlot, Usage, Wish, Entitlements, Option),
    *(Catalog, CatalogVersion, Plan, Price, Interval, Pack, Offer, Rate, Model, Trial, Unlimited, Money),
    *(CreditBook, Grant, Hold, Source, Take, Totals, Slot, Span, Tally),
    *(Subscription, SubscriptionSnapshot, Status, PendingChange, PlanInForce),
    *(Payment, Purchase, Sign, Checkout, Generation, Image, Failure),
    *(AccountRepository, PaymentGateway, ImageGenerator, ImageStore),
    *(Commit, Cause, Inbox, Directory, ParkedEvent, Webhooks, Delivery, PlanChange, History, Register, Incident),
    *(JobQueue, Job, Notice, Attempt, Partial, OwnerClaimed),
)


class Entry(NamedTuple):
    """A row: a word, its meaning, and where it lives below the package."""

    word: str
    meaning: str
    where: str


def entries() -> list[Entry]:
    return [Entry(*found.groups()) for found in map(ROW.fullmatch, lines()) if found]


def lines() -> list[str]:
    return GLOSSARY.read_text(encoding="utf-8").splitlines()


def found(where: str) -> object:
    """The module, class, function, attribute or field of that dotted name. Raises ImportError, AttributeError."""
    names = where.split(".")
    place: object = import_module("billing_core")
    for n, name in enumerate(names, start=1):
        if isinstance(place, type) and name in getattr(place, "__annotations__", {}):
            return name  # a field
        if not hasattr(place, name):
            import_module(".".join(("billing_core", *names[:n])))
        place = getattr(place, name)
    return place


def test_the_areas_are_these_and_every_row_is_read() -> None:
    areas = ["Catalog", "Subscription", "Credits", "Access", "Money", "Plumbing"]
    headings = [line.removeprefix("## ") for line in lines() if line.startswith("## ")]
    rows = [line for line in lines() if line.startswith("| ") and not line.startswith("| word |")]

    assert areas == headings
    assert len(rows) == len(entries())


def test_a_word_has_one_meaning() -> None:
    twice = [word for word, n in Counter(entry.word.casefold() for entry in entries()).items() if n > 1]

    assert not twice


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.word)
def test_a_meaning_is_one_sentence(entry: Entry) -> None:
    assert entry.meaning.endswith(".")
    assert ". " not in entry.meaning


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.word)
def test_a_word_lives_where_the_glossary_says(entry: Entry) -> None:
    assert found(entry.where) is not None


@pytest.mark.parametrize("looked_up", LOOKED_UP, ids=lambda cls: cls.__name__)
def test_a_class_that_is_looked_up_is_in_the_glossary(looked_up: type) -> None:
    named = [found(entry.where) for entry in entries()]

    assert looked_up in named


@pytest.mark.parametrize("where", ["domain.nowhere", "domain.credits.Nothing", "ports.gateway.PlanChange.whim"])
def test_a_place_that_is_not_there_is_noticed(where: str) -> None:
    with pytest.raises((ImportError, AttributeError)):
        found(where)
