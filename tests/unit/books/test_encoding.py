"""What is stored can be read back, and what a newer process wrote is never guessed."""

from datetime import UTC, datetime
from typing import Any

import attrs
import msgspec
import pytest
from hypothesis import given

from billing_core.adapters.books.encoding import (
    ACCOUNTS,
    EVENTS,
    Codec,
    Encoded,
    EncodedEvent,
    decode_answer,
    decode_event,
    encode_answer,
    encode_event,
)
from billing_core.adapters.books.text import TEXT_LIMIT_BYTES
from billing_core.domain.account import Account
from billing_core.domain.errors import InvalidValue
from billing_core.domain.events import Event, PaymentRefunded, ProfileNoted, WorkStarted, type_of
from billing_core.ports.commit import Cause
from billing_core.ports.errors import Unavailable
from billing_core.testing.builders import NEW_YEAR, Life, a_purchase, a_subscriber
from tests.shaped import shaped

AT = datetime(2026, 2, 28, 23, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize("name", sorted(type_of))
def test_every_type_of_event_has_a_decoder(name: str) -> None:
    assert EVENTS[name].kind is type_of[name]


@pytest.mark.parametrize("name", sorted(type_of))
def test_every_event_comes_back_as_it_was(name: str) -> None:
    @given(shaped(type_of[name]))
    def comes_back(event: Event) -> None:
        assert decode_event(encode_event(event)) == event

    comes_back()


@given(shaped(Account))
def test_every_account_comes_back_as_it_was(account: Account) -> None:
    assert ACCOUNTS.decode(ACCOUNTS.encode(account)) == account


def test_an_event_that_only_a_newer_process_knows_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="CreditsTeleported"):
        decode_event(EncodedEvent("CreditsTeleported", Encoded(1, b"{}")))


def test_a_newer_schema_is_never_decoded() -> None:
    newer = Encoded(ACCOUNTS.schema + 1, ACCOUNTS.encode(Account(id="a")).payload)

    with pytest.raises(Unavailable, match="schema"):
        ACCOUNTS.decode(newer)


def test_an_older_schema_is_upgraded_step_by_step() -> None:
    first = Encoded(1, b'{"title": "Ada"}')
    second = Encoded(2, b'{"label": "Ada"}')
    codec = Codec(Named, upgrades=(_renamed("title", "label"), _renamed("label", "name")))

    assert [codec.decode(stored) for stored in (first, second, codec.encode(Named("Ada")))] == [Named("Ada")] * 3
    assert codec.encode(Named("Ada")).schema == 3


def test_an_account_from_before_there_were_disputes_is_read() -> None:
    account = a_subscriber().account
    plain = msgspec.json.decode(ACCOUNTS.encode(account).payload)
    del plain["disputes"]
    for payment in plain["payments"]:
        del payment["refunds_seen_at"], payment["lost_minor"]

    assert ACCOUNTS.decode(Encoded(1, msgspec.json.encode(plain))) == account


def test_a_hold_from_before_attempts_were_numbered_is_at_its_first_one_if_its_work_had_started() -> None:
    life = Life()
    for name in ("g1", "g2"):
        life.keep(life.at(NEW_YEAR).hold(1, hold_id=name, until=None, images=1))
    life.keep(life.at(NEW_YEAR).start("g1", attempt=1))
    plain = msgspec.json.decode(ACCOUNTS.encode(life.account).payload)
    for hold in plain["book"]["holds"]:
        hold["started"] = hold.pop("attempt") > 0

    assert ACCOUNTS.decode(Encoded(2, msgspec.json.encode(plain))) == life.account


def test_the_debt_of_a_tally_from_before_it_was_undone_is_owed() -> None:
    life = a_subscriber("basic")
    life.told(NEW_YEAR, a_purchase())
    life.spends(NEW_YEAR, 310)
    life.keep(life.at(NEW_YEAR).refunded("in_202601010000", 500))
    life.keep(life.at(NEW_YEAR).refunded("pi_boost_202601010000", 250))
    plain = msgspec.json.decode(ACCOUNTS.encode(life.account).payload)
    for tally in (*plain["subscriptions"][0]["tallies"], *plain["purchases"]):
        del tally["owed"]

    assert ACCOUNTS.decode(Encoded(3, msgspec.json.encode(plain))) == life.account
    assert [100, 50] == [tally.owed for tally in (*life.account.subscriptions[0].tallies, *life.account.purchases)]


def test_an_account_from_before_the_cards_of_trials_were_told_is_read() -> None:
    account = a_subscriber().account
    plain = msgspec.json.decode(ACCOUNTS.encode(account).payload)
    for sub in plain["subscriptions"]:
        assert sub.pop("card_used") is None

    assert ACCOUNTS.decode(Encoded(4, msgspec.json.encode(plain))) == account


def test_work_that_started_before_attempts_were_numbered_was_the_first_attempt() -> None:
    payload = b'{"at": "2026-01-02T00:00:00Z", "hold_id": "g1"}'

    told = decode_event(EncodedEvent("WorkStarted", Encoded(1, payload)))

    assert told == WorkStarted(at=datetime(2026, 1, 2, tzinfo=UTC), hold_id="g1", attempt=1)


def test_a_refund_from_before_refunds_were_dated_is_read() -> None:
    payload = b'{"at": "2026-01-02T00:00:00Z", "payment_id": "in_1", "refunded_minor": 5}'

    told = decode_event(EncodedEvent("PaymentRefunded", Encoded(1, payload)))

    assert told == PaymentRefunded(at=datetime(2026, 1, 2, tzinfo=UTC), payment_id="in_1", refunded_minor=5)


@pytest.mark.parametrize("payload", [b"", b"{", b"{}", b'{"id": 1}', b'{"id": "a", "as_of": "2026-01-01T00:00:00"}'])
def test_what_cannot_be_read_is_unavailable(payload: bytes) -> None:
    with pytest.raises(Unavailable):
        ACCOUNTS.decode(Encoded(1, payload))


@pytest.mark.parametrize("name", ["a\0b", "a\ud800", "x" * (TEXT_LIMIT_BYTES + 1), "é" * (TEXT_LIMIT_BYTES // 2 + 1)])
def test_text_that_no_database_keeps_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue):
        encode_event(ProfileNoted(at=AT, email="", name=name))


@pytest.mark.parametrize("name", ["\\u0000", "\\\\u0000", "\x01", "x" * TEXT_LIMIT_BYTES, "🙂" * 9])
def test_text_that_only_looks_bad_is_kept(name: str) -> None:
    event = ProfileNoted(at=AT, email="", name=name)

    assert decode_event(encode_event(event)) == event


def test_a_bad_key_inside_a_value_is_found_too() -> None:
    cause = Cause(key="k", fingerprint="f", answer_type=dict[str, list[str]])

    with pytest.raises(InvalidValue):
        encode_answer(cause, {"a\0": ["b"]})


def test_an_answer_is_decoded_by_the_type_that_its_cause_names() -> None:
    cause = Cause(key="k", fingerprint="f", answer_type=Named)

    assert decode_answer(cause, encode_answer(cause, Named("Ada"))) == Named("Ada")


def test_an_answer_of_another_type_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        decode_answer(Cause(key="k", fingerprint="f", answer_type=Named), b"7")


def test_an_answer_type_that_cannot_be_decoded_is_refused_when_it_is_encoded() -> None:
    cause: Cause[Any] = Cause(key="k", fingerprint="f", answer_type=Any)
    unreadable: Any = Named | Other

    with pytest.raises(TypeError):
        encode_answer(attrs.evolve(cause, answer_type=unreadable), Named("Ada"))


@attrs.frozen
class Named:
    name: str


@attrs.frozen
class Other:
    name: str


def _renamed(old: str, new: str) -> Any:
    def upgrade(plain: dict[str, Any]) -> dict[str, Any]:
        return {new if key == old else key: value for key, value in plain.items()}

    return upgrade


def test_json_is_what_is_stored() -> None:
    assert msgspec.json.decode(ACCOUNTS.encode(Account(id="a")).payload)["id"] == "a"
