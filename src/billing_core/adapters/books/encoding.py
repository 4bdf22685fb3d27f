"""Accounts, events and answers as bytes, and back.

What is stored carries a schema number. An older one is upgraded step by step before it is decoded; a newer one than
this process knows is never decoded, so that a rolling deploy cannot lose a field.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from attrs import define, field

from billing_core.adapters.books.text import encoded
from billing_core.domain.account import Account
from billing_core.domain.events import Event, type_of
from billing_core.ports.commit import Cause
from billing_core.ports.errors import Unavailable

T = TypeVar("T")
Upgrade = Callable[[dict[str, Any]], dict[str, Any]]


class Encoded(NamedTuple):
    """A value as JSON, and the schema that it was written in."""

    schema: int
    payload: bytes


@define
class Codec(Generic[T]):
    """Encodes one class in its newest schema. The nth upgrade brings schema n to schema n + 1."""

    kind: type[T]
    upgrades: tuple[Upgrade, ...] = ()
    _decoder: msgspec.json.Decoder[T] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._decoder = msgspec.json.Decoder(self.kind)

    @property
    def schema(self) -> int:
        return len(self.upgrades) + 1

    def encode(self, value: T) -> Encoded:
        """Raises InvalidValue where a text cannot be stored."""
        return Encoded(self.schema, encoded(self.kind.__name__, value))

    def decode(self, stored: Encoded) -> T:
        """Raises Unavailable where a newer process wrote it, or where it cannot be read."""
        if not 1 <= stored.schema <= self.schema:
            raise Unavailable(f"{self.kind.__name__} of schema {stored.schema}")
        try:
            if stored.schema == self.schema:
                return self._decoder.decode(stored.payload)
            return msgspec.convert(self._upgraded(stored), self.kind)
        except msgspec.MsgspecError as error:
            raise Unavailable(f"a stored {self.kind.__name__}") from error

    def _upgraded(self, stored: Encoded) -> dict[str, Any]:
        plain = msgspec.json.decode(stored.payload, type=dict[str, Any])
        for upgrade in self.upgrades[stored.schema - 1 :]:
            plain = upgrade(plain)
        return plain


def _with_disputes(plain: dict[str, Any]) -> dict[str, Any]:
    """Schema 2 knows disputes, dated refunds and imports, which what is not there says nothing of."""
    return plain


def _with_attempts(plain: dict[str, Any]) -> dict[str, Any]:
    """Schema 3 numbers the attempts at the work of a hold; before, it was only noted that the work had started."""
    for hold in plain.get("book", {}).get("holds", ()):
        hold["attempt"] = int(hold.pop("started", False))
    return plain


def _with_owed(plain: dict[str, Any]) -> dict[str, Any]:
    """Schema 4 knows what of a tally's debt no rise has undone; before, no rise told, so it may be all of it."""
    subscriptions = plain.get("subscriptions", ())
    for tally in [*plain.get("purchases", ()), *(t for sub in subscriptions for t in sub.get("tallies", ()))]:
        tally["owed"] = tally.get("debt", 0)
    return plain


def _with_trial_cards(plain: dict[str, Any]) -> dict[str, Any]:
    """Schema 5 knows what was found of the card of a trial, which what is not there says nothing of."""
    return plain


def _as_first_attempt(plain: dict[str, Any]) -> dict[str, Any]:
    """Schema 2 tells which attempt started; before, only the first one was noted."""
    return {**plain, "attempt": 1}


ACCOUNT_UPGRADES: tuple[Upgrade, ...] = (_with_disputes, _with_attempts, _with_owed, _with_trial_cards)
EVENT_UPGRADES: Mapping[str, tuple[Upgrade, ...]] = {"WorkStarted": (_as_first_attempt,)}

ACCOUNTS: Codec[Account] = Codec(Account, ACCOUNT_UPGRADES)
EVENTS: Mapping[str, Codec[Any]] = {name: Codec(kind, EVENT_UPGRADES.get(name, ())) for name, kind in type_of.items()}


class EncodedEvent(NamedTuple):
    """An event's type name beside its encoding: a union of classes is told apart by name."""

    type: str
    value: Encoded


def encode_event(event: Event) -> EncodedEvent:
    """Raises InvalidValue where a text cannot be stored."""
    name = type(event).__name__
    return EncodedEvent(name, EVENTS[name].encode(event))


def decode_event(stored: EncodedEvent) -> Event:
    """Raises Unavailable for a type that only a newer process knows."""
    codec = EVENTS.get(stored.type)
    if codec is None:
        raise Unavailable(f"events of type {stored.type}")
    event: Event = codec.decode(stored.value)
    return event


def encode_answer(cause: Cause[Any], answer: object) -> bytes:
    """The answer (or the intent) as who comes again will get it. Raises TypeError where it could not be read back."""
    kind: Any = cause.answer_type if cause.intent_type is None else cause.intent_type
    _decoder(kind)
    return encoded("answer", answer)


def decode_answer(cause: Cause[T], stored: bytes) -> T:
    """The kept answer. Raises Unavailable where it is of another type than asked for."""
    return _decoded(cause, cause.answer_type, stored)


def decode_intent(cause: Cause[T], stored: bytes) -> T:
    """The kept intent of a cause that has one. Raises Unavailable where it is of another type than asked for."""
    return _decoded(cause, cause.intent_type, stored)


def _decoded(cause: Cause[T], kind: Any, stored: bytes) -> T:
    decoder: msgspec.json.Decoder[T] = _decoder(kind)
    try:
        return decoder.decode(stored)
    except msgspec.MsgspecError as error:
        raise Unavailable(f"the kept answer of {cause.key}") from error


@lru_cache(maxsize=256)
def _decoder(answer_type: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(answer_type)
