"""Planning a group needs no database, so what it promises is tried without one."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from billing_core.adapters.books.columns import LARGEST, AccountColumns, columns_of
from billing_core.adapters.books.encoding import ACCOUNTS, Encoded, decode_event
from billing_core.adapters.books.plan import plan
from billing_core.adapters.books.recent import RecentAccounts
from billing_core.adapters.books.text import KEY_LIMIT_BYTES
from billing_core.adapters.books.writes import Answered, Call, KnownCause, Outcome, Raised, Writes
from billing_core.domain.account import Account, fold
from billing_core.domain.errors import InsufficientCredits, InvalidValue
from billing_core.domain.events import AccountOpened
from billing_core.ports.commit import Commit, Recording
from billing_core.ports.errors import IdempotencyKeyReused, Unavailable
from billing_core.ports.records import CauseFailed, CauseStatus, Job, OwnerClaimed
from billing_core.testing.contracts.books import NOW, a_cause, granting, recording, spending


def planned(
    *calls: Call[Any],
    accounts: dict[str, Encoded] | None = None,
    causes: dict[tuple[str, str], KnownCause] | None = None,
) -> Writes:
    return plan(
        calls, accounts or {}, causes or {}, commit_id="c", at=NOW, describe=columns_of, recent=RecentAccounts()
    )


def told(outcome: Outcome) -> Any:
    return outcome.answer if isinstance(outcome, Answered) else type(outcome.error)


def is_empty(writes: Writes) -> bool:
    return not (writes.accounts or writes.events or writes.causes or writes.records)


def failed(error: str = "boom") -> CauseFailed:
    return CauseFailed(key="http:spend:1", fingerprint="f", kind="k", body=b"raw", error=error, at=NOW)


def test_calls_on_one_account_chain_and_make_one_row() -> None:
    writes = planned(Call("a", granting(5)), Call("a", spending(2)), Call("b", granting(1)))

    assert [told(outcome) for outcome in writes.outcomes] == [5, 3, 1]
    assert [(w.account_id, w.before, w.version) for w in writes.accounts] == [("a", 0, 3), ("b", 0, 2)]
    assert [(w.account_id, w.number) for w in writes.events] == [
        ("a", 1),
        ("a", 2),
        ("a", 3),
        ("b", 1),
        ("b", 2),
    ]


def test_a_row_that_is_there_is_changed_from_the_version_it_has() -> None:
    events = granting(5)(Account(id="a")).events
    before = ACCOUNTS.encode(fold("a", events))

    (row,) = planned(Call("a", spending(1)), Call("a", spending(1)), accounts={"a": before}).accounts

    assert (row.before, row.version, row.columns.available) == (2, 4, 3)


def test_the_snapshot_is_the_fold_of_the_events() -> None:
    writes = planned(Call("a", granting(5)), Call("a", spending(2)))

    folded = fold("a", [decode_event(write.event) for write in writes.events])
    assert ACCOUNTS.decode(writes.accounts[0].snapshot) == folded


def test_a_row_is_renewed_without_an_event_where_there_is_one() -> None:
    account = fold("a", granting(5)(Account(id="a")).events)
    renew = Call("a", lambda _: Commit(None, renews=True))

    (row,) = planned(renew, accounts={"a": ACCOUNTS.encode(account)}).accounts

    assert (row.before, row.version, row.columns) == (2, 2, columns_of(account))
    assert is_empty(planned(renew))
    assert [(w.before, w.version) for w in planned(Call("a", granting(5)), renew, Call("a", spending(1))).accounts] == [
        (0, 3)
    ]


def test_one_who_fails_leaves_nothing_behind() -> None:
    writes = planned(
        Call("a", granting(5)), Call("a", spending(9, Job(task="t", args={})), a_cause()), Call("a", spending(1))
    )

    assert [told(outcome) for outcome in writes.outcomes] == [5, InsufficientCredits, 4]
    assert (writes.causes, writes.records) == ((), {})


def test_one_whose_encoding_fails_leaves_nothing_behind() -> None:
    bad = Job(task="\0", args={})
    writes = planned(Call("a", granting(5)), Call("a", spending(1, bad)), Call("a", spending(1)))

    assert [told(outcome) for outcome in writes.outcomes] == [5, InvalidValue, 4]


def test_one_whose_columns_are_too_large_leaves_nothing_behind() -> None:
    writes = planned(Call("a", granting(LARGEST + 1)), Call("b", granting(1)))

    assert [told(outcome) for outcome in writes.outcomes] == [InvalidValue, 1]


def test_of_those_on_one_account_only_the_one_that_cannot_be_kept_is_refused() -> None:
    writes = planned(Call("a", granting(5)), Call("a", granting(LARGEST + 1)), Call("a", granting(1)))

    assert [told(outcome) for outcome in writes.outcomes] == [5, InvalidValue, 6]
    assert [(row.version, row.columns.available) for row in writes.accounts] == [(3, 6)]


def test_an_account_that_cannot_be_read_fails_only_its_own_callers() -> None:
    newer = Encoded(99, b"{}")

    writes = planned(Call("a", granting(1)), Call("b", granting(1)), accounts={"a": newer})

    assert [told(outcome) for outcome in writes.outcomes] == [Unavailable, 1]


def test_columns_come_from_the_account_as_it_will_be() -> None:
    (row,) = planned(Call("a", granting(5)), Call("a", spending(2))).accounts

    assert row.columns == AccountColumns(
        email="",
        name="",
        customer_id=None,
        plan="",
        status="",
        available=3,
        held=2,
        debt=0,
        suspended=False,
        opened_at=NOW,
        next_due_at=None,
    )


def test_the_same_cause_in_one_group_runs_once() -> None:
    writes = planned(*(Call("a", granting(5), a_cause()) for _ in range(3)))

    assert [told(outcome) for outcome in writes.outcomes] == [5, 5, 5]
    assert len(writes.causes) == 1


def test_a_processed_cause_is_answered_without_being_decided() -> None:
    known = {("a", "http:spend:1"): KnownCause(CauseStatus.PROCESSED, "f", b"42")}

    writes = planned(Call("a", spending(1), a_cause()), causes=known)

    assert writes.outcomes == (Answered(42),)
    assert is_empty(writes)


@pytest.mark.parametrize("status", list(CauseStatus))
def test_another_fingerprint_is_refused_whatever_became_of_the_first(status: CauseStatus) -> None:
    known = {("a", "http:spend:1"): KnownCause(status, "g", b"")}

    assert [told(o) for o in planned(Call("a", granting(1), a_cause()), causes=known).outcomes] == [
        IdempotencyKeyReused
    ]


@pytest.mark.parametrize("status", [CauseStatus.STARTED, CauseStatus.FAILED])
def test_what_is_not_processed_runs_again(status: CauseStatus) -> None:
    known = {("a", "http:spend:1"): KnownCause(status, "f", b"")}

    writes = planned(Call("a", granting(1), a_cause()), causes=known)

    assert [told(outcome) for outcome in writes.outcomes] == [1]
    assert [cause.status for cause in writes.causes] == [CauseStatus.PROCESSED]


def test_a_cause_that_is_not_final_is_kept_as_started() -> None:
    (cause,) = planned(Call("a", granting(1), a_cause(final=False))).causes

    assert (cause.status, cause.fingerprint, cause.answer) == (CauseStatus.STARTED, "f", b"1")


def test_failures_of_a_cause_are_folded_into_its_one_row() -> None:
    (cause,) = planned(Call("a", recording(failed("one"))), Call("a", recording(failed("two")))).causes

    assert (cause.status, cause.failures, cause.error, cause.body) == (CauseStatus.FAILED, 2, "two", b"raw")


def test_a_failure_before_a_success_in_one_group_is_counted() -> None:
    (cause,) = planned(Call("a", recording(failed())), Call("a", granting(1), a_cause())).causes

    assert (cause.status, cause.failures, cause.error) == (CauseStatus.PROCESSED, 1, None)


def test_a_failure_after_a_success_changes_nothing() -> None:
    (cause,) = planned(Call("a", granting(1), a_cause()), Call("a", recording(failed()))).causes

    assert (cause.status, cause.failures) == (CauseStatus.PROCESSED, 0)


def test_records_are_kept_by_kind_in_the_order_of_arrival() -> None:
    writes = planned(
        Call("a", recording(OwnerClaimed("x"), Job(task="1", args={}))), Call("b", recording(OwnerClaimed("y")))
    )

    owners = [(write.account_id, write.record.provider_id) for write in writes.records[OwnerClaimed]]
    assert owners == [("a", "x"), ("b", "y")]
    assert writes.accounts == ()


def test_a_decision_that_wants_nothing_writes_nothing() -> None:
    assert is_empty(planned(Call("a", lambda _account: Commit("just asking"))))


def test_a_bug_in_a_decision_is_its_own_callers() -> None:
    def broken(_account: Account) -> Commit[int]:
        raise ZeroDivisionError

    writes = planned(Call("a", broken), Call("a", lambda _: Commit(1, (AccountOpened(NOW),))))

    assert isinstance(writes.outcomes[0], Raised)
    assert [told(outcome) for outcome in writes.outcomes] == [ZeroDivisionError, 1]


@pytest.mark.parametrize("key", ["", "\0", "\ud800", "k" * (KEY_LIMIT_BYTES + 1)])
def test_a_call_needs_keys_that_can_be_looked_up(key: str) -> None:
    with pytest.raises(InvalidValue):
        Call(key, granting(1))
    with pytest.raises(InvalidValue):
        Call("a", granting(1), a_cause(key))


def test_who_comes_again_before_the_last_commit_gets_the_same_intent() -> None:
    known = {("a", "http:spend:1"): KnownCause(CauseStatus.STARTED, "f", b"7")}
    intending, final = a_cause(final=False), a_cause()

    writes = planned(Call("a", granting(1), intending), Call("a", granting(1), final), causes=known)

    assert [told(outcome) for outcome in writes.outcomes] == [7, 1]
    assert [cause.status for cause in writes.causes] == [CauseStatus.PROCESSED]


def test_a_failure_told_under_another_fingerprint_leaves_the_first_one() -> None:
    other = CauseFailed(key="http:spend:1", fingerprint="g", kind="k", body=b"", error="e", at=NOW)

    writes = planned(Call("a", recording(failed())), Call("a", recording(other)), Call("a", granting(1), a_cause()))

    assert [told(outcome) for outcome in writes.outcomes] == [None, None, 1]
    assert [cause.fingerprint for cause in writes.causes] == ["f"]


def test_a_cause_was_received_when_it_first_came() -> None:
    early = evolve(failed(), at=NOW - timedelta(hours=1))

    (cause,) = planned(Call("a", recording(early)), Call("a", granting(1), a_cause())).causes

    assert cause.at == early.at


def test_what_is_only_recorded_needs_no_account_that_can_be_read() -> None:
    unreadable = {"a": Encoded(ACCOUNTS.schema, b"{")}
    note = Recording(Commit(7, (), (OwnerClaimed("cus_1"),)))

    writes = planned(Call("a", note, a_cause()), accounts=unreadable)

    assert [told(outcome) for outcome in writes.outcomes] == [7]
    assert writes.accounts == ()
    assert [write.record for write in writes.records[OwnerClaimed]] == [OwnerClaimed("cus_1")]
    assert [cause.status for cause in writes.causes] == [CauseStatus.PROCESSED]


def test_what_is_only_recorded_is_not_taken_for_the_account() -> None:
    before = ACCOUNTS.encode(fold("a", granting(5)(Account(id="a")).events))
    note = Recording(Commit(7, (), (OwnerClaimed("cus_1"),)))

    writes = planned(Call("a", note), Call("a", spending(2)), Call("a", note), accounts={"a": before})

    assert [told(outcome) for outcome in writes.outcomes] == [7, 3, 7]
    assert [(row.before, row.version) for row in writes.accounts] == [(2, 3)]
