"""What was written last is decided on without being decoded again, and only where the store still has just that."""

import pytest

from billing_core.adapters.books.columns import columns_of
from billing_core.adapters.books.encoding import ACCOUNTS, Encoded
from billing_core.adapters.books.plan import plan
from billing_core.adapters.books.recent import RecentAccounts
from billing_core.adapters.books.writes import Call
from billing_core.domain.account import Account
from billing_core.ports.commit import Commit
from billing_core.ports.errors import Unavailable
from billing_core.testing.contracts.books import NOW, granting


def decided_on(stored: Encoded, recent: RecentAccounts) -> Account:
    """What a decision about ada is given."""
    seen: list[Account] = []

    def look(account: Account) -> Commit[None]:
        seen.append(account)
        return Commit(None)

    plan([Call("ada", look)], {"ada": stored}, {}, commit_id="c", at=NOW, describe=columns_of, recent=recent)
    return seen[0]


def written(recent: RecentAccounts, credits: int, *, before: Encoded | None = None) -> Encoded:
    """Ada's row after a grant."""
    accounts = {} if before is None else {"ada": before}
    call = Call("ada", granting(credits))
    writes = plan([call], accounts, {}, commit_id="c", at=NOW, describe=columns_of, recent=recent)
    return writes.accounts[0].snapshot


def test_what_was_written_last_is_decided_on_as_it_was() -> None:
    recent = RecentAccounts()
    stored = written(recent, 10)

    seen = decided_on(stored, recent)

    assert seen is decided_on(stored, recent)
    assert seen == ACCOUNTS.decode(stored)


def test_what_another_process_wrote_since_is_read() -> None:
    ours, theirs = RecentAccounts(), RecentAccounts()
    first = written(ours, 10)

    second = written(theirs, 5, before=first)

    assert 15 == decided_on(second, ours).book.available


def test_what_was_planned_but_never_landed_is_forgotten() -> None:
    recent = RecentAccounts()
    stored = written(recent, 10)
    written(recent, 5, before=stored)

    assert 10 == decided_on(stored, recent).book.available


def test_a_newer_schema_is_not_taken_for_the_same() -> None:
    recent = RecentAccounts()
    stored = recent.encode(Account(id="ada"))

    with pytest.raises(Unavailable, match="schema"):
        recent.decode("ada", stored._replace(schema=stored.schema + 1))


def test_only_so_many_are_kept_and_the_one_written_longest_ago_goes_first() -> None:
    recent = RecentAccounts(most=2)
    accounts = {name: Account(id=name) for name in ("a", "b", "c")}
    stored = {name: recent.encode(accounts[name]) for name in ("a", "b", "a", "c")}

    kept = {name for name in accounts if recent.decode(name, stored[name]) is accounts[name]}

    assert {"a", "c"} == kept
