"""What we call things before customers: statuses, declines, and what one plan gives that another does not."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from attrs import frozen

from billing_core.domain.catalog import Limit, Plan, Unlimited, pixels
from billing_core.domain.credits import Grant, Source
from billing_core.domain.provenance import Fate, Movement

WORD: Final = re.compile("[-_ ]+")
VOWELS: Final = frozenset("aeiouy")
SPOKEN: Final[Mapping[str, str]] = {"api": "API"}

STATUSES: Final[Mapping[str, tuple[str, str]]] = {
    "trialing": ("Trial", "good"),
    "active": ("Active", "good"),
    "past_due": ("Payment due", "warn"),
    "unpaid": ("Unpaid", "bad"),
    "paused": ("Paused", "warn"),
    "canceled": ("Ended", ""),
    "none": ("Free", ""),
}
"""What a badge says of a subscription's status, and in which colour."""

PAYMENTS: Final[Mapping[str, tuple[str, str]]] = {
    "succeeded": ("Paid", "good"),
    "pending": ("On its way", "warn"),
    "failed": ("Failed", "bad"),
    "canceled": ("Canceled", ""),
}
"""The same for a payment's."""

DECLINES: Final[Mapping[str, str]] = {
    "insufficient_funds": "there is not enough money on the card",
    "expired_card": "the card has expired",
    "incorrect_cvc": "the card's security code is wrong",
    "authentication_required": "the bank wants you to confirm it first",
    "processing_error": "the bank could not process it",
}
"""Why a bank says no, where it tells more than that it does."""


ORIGINS: Final[Mapping[Source, str]] = {
    Source.INITIAL: "Welcome credits",
    Source.PERIOD: "The month's credits",
    Source.PACK: "Pack",
    Source.PROMO: "Promotion",
    Source.ADJUSTMENT: "From us",
    Source.RETURNED: "Given back",
}
"""Where credits come from."""

FATES: Final[Mapping[Fate, str]] = {
    Fate.AVAILABLE: "left",
    Fate.HELD: "set aside",
    Fate.CAPTURED: "spent",
    Fate.EXPIRED: "expired",
    Fate.REVOKED: "taken back, after a change of plan or a refund",
    Fate.TAKEN: "taken by us",
    Fate.SETTLED: "paid towards what was owed",
}
"""What became of them."""


@frozen
class Differences:
    """What another plan gives beyond the present one, and what it does not give any more, in words."""

    gains: tuple[str, ...]
    losses: tuple[str, ...]


def why_declined(code: str) -> str:
    """The bank's reason in words; empty where it gave none."""
    return DECLINES.get(code, "")


def origin(grant: Grant) -> str:
    """Where a grant comes from, with its own name."""
    return ORIGINS[grant.source] + (f": {grant.reason}" if grant.reason else "")


def step(moved: Movement) -> str:
    """What a step did to a grant's credits."""
    came_back = moved.after is Fate.AVAILABLE
    return "came back" if came_back else FATES[moved.after]


def capital(text: str) -> str:
    """With a capital letter, and nothing else changed; a name such as `in_1` stays as it is."""
    return text if "_" in text.partition(" ")[0] else text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """With a capital letter and an end."""
    return capital(text) + ("" if not text or text.endswith((".", "!", "?")) else ".")


def times(size: str) -> str:
    """`1536x1024` as people read it, with a multiplication sign."""
    return size.replace("x", " \u00d7 ")


def named(key: str) -> str:
    """A key of the catalog as people write it: `flux-dev` is Flux Dev, and `hd` is HD."""
    return " ".join(word.capitalize() if VOWELS & set(word.lower()) else word.upper() for word in WORD.split(key))


def feature(key: str) -> str:
    """An entitlement's key as words: `commercial_license` is a commercial license."""
    return " ".join(SPOKEN.get(word, word) for word in WORD.split(key))


def differences(old: Plan, new: Plan) -> Differences:
    """What really changes, read from what the plans allow: features are sentences, which cannot be compared."""
    gains, losses = list[str](), list[str]()
    for name, before, after in _limits(old, new):
        if before != after:
            (gains if _is_more(after, before) else losses).append(f"{_most(after)} {name} instead of {_most(before)}")
    for name, had, has in _lists(old, new):
        gains += [f"{name} {each}" for each in has if each not in had]
        losses += [f"{name} {each}" for each in had if each not in has]
    for name, before, after in _flags(old, new):
        if before != after:
            (gains if after else losses).append(name)
    for name, told, telling in _words(old, new):
        (gains if new.rank > old.rank else losses).append(f"{name}: {telling} instead of {told}")
    return Differences(tuple(gains), tuple(losses))


def _limits(old: Plan, new: Plan) -> Iterator[tuple[str, Limit, Limit]]:
    yield "credits a month", old.allotment, new.allotment
    yield "pictures a day", old.images_per_day, new.images_per_day
    yield "pictures at a time", old.images_per_request, new.images_per_request
    yield "requests at once", old.max_concurrent, new.max_concurrent
    for key, before in old.entitlements.items():
        after = new.entitlements.get(key)
        if _is_number(before) and _is_number(after):
            yield feature(key), int(before), int(after or 0)


def _lists(old: Plan, new: Plan) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    models = [tuple(map(named, plan.models)) for plan in (old, new)]
    yield "The model", models[0], models[1]
    sizes = [tuple(times(size) for size in sorted(plan.sizes, key=pixels)) for plan in (old, new)]
    yield "The size", sizes[0], sizes[1]
    qualities = [tuple(map(named, plan.qualities)) for plan in (old, new)]
    yield "The quality", qualities[0], qualities[1]


def _flags(old: Plan, new: Plan) -> Iterator[tuple[str, bool, bool]]:
    yield "Pictures without a watermark", not old.watermark, not new.watermark
    yield "A faster place in the queue", False, new.priority > old.priority
    yield "Your fast place in the queue", new.priority < old.priority, False
    for key in {**old.entitlements, **new.entitlements}:
        before, after = old.entitlements.get(key, False), new.entitlements.get(key, False)
        if isinstance(before, bool) and isinstance(after, bool):
            yield capital(feature(key)), before, after


def _words(old: Plan, new: Plan) -> Iterator[tuple[str, str, str]]:
    for key, before in old.entitlements.items():
        after = new.entitlements.get(key)
        if isinstance(before, str) and isinstance(after, str) and before != after:
            yield capital(feature(key)), before, after


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_more(after: Limit, before: Limit) -> bool:
    if isinstance(after, Unlimited) or isinstance(before, Unlimited):
        return isinstance(after, Unlimited)
    return after > before


def _most(limit: Limit) -> str:
    return "unlimited" if isinstance(limit, Unlimited) else f"{limit:,}"
