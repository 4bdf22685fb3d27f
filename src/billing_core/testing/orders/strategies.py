"""Hypothesis strategies for orders: drawn so that a failing one shrinks to few webhooks, in turn."""

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from billing_core.testing.orders.recording import Recording
from billing_core.testing.orders.telling import WORK, Order


@st.composite
def event_orders(draw: DrawFn, count: int, *, losable: Sequence[int] = (), most_again: int = 5) -> Order:
    """An order of the webhooks 0 to `count` - 1: mixed, up to `most_again` of them twice, jobs done between.

    Those that are `losable` may be left out, and are found by the reconciliation that then follows.
    """
    lost = draw(st.sets(st.sampled_from(losable))) if losable else set()
    numbers = [n for n in range(count) if n not in lost]
    again = draw(st.lists(st.sampled_from(numbers), max_size=most_again)) if numbers else []
    works = draw(st.lists(st.just(WORK), max_size=count))
    return tuple(draw(st.permutations([*numbers, *again, *works])))


def orders_of(recording: Recording) -> SearchStrategy[Order]:
    """Orders of a recording's webhooks; those may be lost that a reconciliation can find."""
    return event_orders(len(recording.webhooks), losable=recording.losable)
