"""Cutting a group into parts, so that one can be written while the next is decided."""

from collections.abc import Sequence
from typing import Any

from billing_core.adapters.books.writes import Call, Outcome, Writes

PART = 16
"""How many accounts a part has: each part has its own statements, which small ones are not worth."""


def parts_of(calls: Sequence[Call[Any]]) -> Sequence[Sequence[Call[Any]]]:
    """The calls in parts, in their order. No account is in two of them, since what is decided on it chains."""
    parts: dict[int, list[Call[Any]]] = {}
    for call, number in zip(calls, _numbers(calls), strict=True):
        parts.setdefault(number, []).append(call)
    return list(parts.values())


def outcomes_of(calls: Sequence[Call[Any]], written: Sequence[Writes]) -> Sequence[Outcome]:
    """The outcomes of the parts of these calls, in the order of the calls."""
    told = [iter(writes.outcomes) for writes in written]
    return [next(told[number]) for number in _numbers(calls)]


def _numbers(calls: Sequence[Call[Any]]) -> Sequence[int]:
    """For each call the number of its part."""
    accounts = {account_id: n for n, account_id in enumerate(dict.fromkeys(call.account_id for call in calls))}
    return [accounts[call.account_id] // PART for call in calls]
