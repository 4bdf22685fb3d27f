"""The timeline: every event of the closed union has a sentence, and says what it is about."""

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given, settings

from billing_core.application.happenings import ACTS, happened
from billing_core.domain import events as e
from billing_core.domain.acts import Act, ReasonCode
from tests.shaped import shaped

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("shape", get_args(e.Event), ids=lambda shape: str(shape.__name__))
def test_every_event_is_told_in_a_sentence(shape: type[e.Event]) -> None:
    @settings(max_examples=10)
    @given(shaped(shape))
    def told(event: e.Event) -> None:
        assert len(happened(event)) > 12

    told()


def test_an_operators_act_says_who_what_and_why() -> None:
    event = e.OperatorActed(
        at=NOW, act=Act.REFUNDED, by="kim@example.com", code=ReasonCode.DUPLICATE, note="paid twice",
        about={"payment": "in_1"},
    )  # fmt: skip
    assert happened(event) == "Operator kim@example.com gave money back (payment in_1), for duplicate: paid twice"


def test_every_act_has_words() -> None:
    assert set(ACTS) == set(Act)
