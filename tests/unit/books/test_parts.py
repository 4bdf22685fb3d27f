"""A group is cut between accounts, and its outcomes come back in the order of its calls."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from billing_core.adapters.books.columns import columns_of
from billing_core.adapters.books.parts import PART, outcomes_of, parts_of
from billing_core.adapters.books.plan import plan
from billing_core.adapters.books.writes import Answered, Call, Writes
from billing_core.ports.commit import Commit

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def a_call(account_id: str, answer: int) -> Call[int]:
    return Call(account_id, lambda _: Commit(answer))


def written(calls: list[Call[int]]) -> list[Writes]:
    return [plan(part, {}, {}, commit_id="c", at=NOW, describe=columns_of) for part in parts_of(calls)]


@given(st.lists(st.integers(0, 3 * PART), min_size=1, max_size=64))
def test_every_call_is_in_one_part_and_every_account_too(accounts: list[int]) -> None:
    calls = [a_call(f"user-{account}", n) for n, account in enumerate(accounts)]
    of_parts = [{call.account_id for call in part} for part in parts_of(calls)]

    assert sum(map(len, parts_of(calls))) == len(calls)
    assert sum(map(len, of_parts)) == len(set(accounts))
    assert all(len(of_part) <= PART for of_part in of_parts)
    assert outcomes_of(calls, written(calls)) == [Answered(n) for n in range(len(calls))]


def test_what_is_decided_on_one_account_stays_together_in_its_order() -> None:
    calls = [a_call(f"user-{n % (PART + 1)}", n) for n in range(3 * PART)]

    assert [call for part in parts_of(calls) for call in part] == [
        *[call for call in calls if call.account_id != f"user-{PART}"],
        *[call for call in calls if call.account_id == f"user-{PART}"],
    ]


def test_a_small_group_is_one_part() -> None:
    calls = [a_call(f"user-{n % PART}", n) for n in range(64)]

    assert parts_of(calls) == [calls]
