"""Planning a group: from calls, accounts and causes to everything that must be written, without any I/O.

Decisions run in the order in which they arrived; several on one account chain. Each runs inside its own try, together
with its encoding, and is kept whole or not at all: what it raises is its own caller's answer and disturbs nobody.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from attrs import define, field

from billing_core.adapters.books.columns import Describe
from billing_core.adapters.books.encoding import (
    Encoded,
    decode_answer,
    decode_intent,
    encode_answer,
    encode_event,
)
from billing_core.adapters.books.recent import RecentAccounts
from billing_core.adapters.books.text import encoded, ensure_key
from billing_core.adapters.books.writes import (
    AccountWrite,
    Answered,
    Call,
    CauseKey,
    CauseWrite,
    EventWrite,
    KnownCause,
    Outcome,
    Raised,
    RecordWrite,
    Writes,
)
from billing_core.domain.account import Account
from billing_core.domain.errors import InvalidValue
from billing_core.ports.commit import Cause, Commit, Recording
from billing_core.ports.errors import IdempotencyKeyReused
from billing_core.ports.records import CauseFailed, CauseStatus, GenerationOpened, ImageAdded, Job, Record


def plan(
    calls: Sequence[Call[Any]],
    accounts: Mapping[str, Encoded],
    causes: Mapping[CauseKey, KnownCause],
    *,
    commit_id: str,
    at: datetime,
    describe: Describe,
    recent: RecentAccounts,
) -> Writes:
    """Runs the group's decisions on its accounts as they are locked. An account that is not there is empty.

    An account's row is made once, of what the last of its decisions left. Where that fails, all are decided again,
    and a row is made after each, so that the decision which cannot be kept is known.
    """

    def decided(*, careful: bool) -> _Draft:
        draft = _Draft(stored=accounts, causes=dict(causes), describe=describe, recent=recent, at=at, careful=careful)
        draft.outcomes = tuple(draft.outcome(call) for call in calls)
        return draft

    draft = decided(careful=False)
    try:
        rows = draft.rows()
    except Exception:  # noqa: BLE001 - the second time it is the answer of the one whose fault it is
        draft = decided(careful=True)
        rows = draft.rows()
    return Writes(
        commit_id=commit_id,
        at=at,
        outcomes=draft.outcomes,
        accounts=rows,
        events=tuple(draft.event_writes),
        causes=tuple(draft.cause_writes.values()),
        records={kind: tuple(writes) for kind, writes in draft.record_writes.items()},
    )


class _Step(NamedTuple):
    """One decision, decided and encoded: nothing about it can fail any more."""

    account: Account
    events: tuple[EventWrite, ...]
    records: tuple[Record, ...]
    cause: CauseWrite | None
    has_row: bool


@define(kw_only=True)
class _Draft:
    """The group as far as it is planned."""

    stored: Mapping[str, Encoded]
    causes: dict[CauseKey, KnownCause]
    describe: Describe
    recent: RecentAccounts
    at: datetime
    careful: bool
    outcomes: tuple[Outcome, ...] = ()
    accounts: dict[str, Account] = field(factory=dict)
    before: dict[str, int] = field(factory=dict)
    event_writes: list[EventWrite] = field(factory=list)
    cause_writes: dict[CauseKey, CauseWrite] = field(factory=dict)
    record_writes: dict[type[Record], list[RecordWrite]] = field(factory=dict)

    def outcome(self, call: Call[Any]) -> Outcome:
        try:
            return Answered(self._answer(call))
        except Exception as error:  # noqa: BLE001 - it is its own caller's answer, and the group goes on
            return Raised(error)

    def _answer(self, call: Call[Any]) -> Any:
        if call.cause is not None:
            known = self._known(call.account_id, call.cause)
            if known is not None and known.status is CauseStatus.PROCESSED:
                return decode_answer(call.cause, known.answer)
            if known is not None and known.status is CauseStatus.STARTED and call.cause.intent_type is not None:
                return decode_intent(call.cause, known.answer)
        if isinstance(call.decide, Recording) and call.account_id not in self.accounts:
            commit = call.decide.commit
            self._keep(self._step(call, Account(id=call.account_id), commit), is_known=False)
            return commit.answer
        account = self._account(call.account_id)
        commit = call.decide(account)
        self._keep(self._step(call, account, commit))
        return commit.answer

    def _known(self, account_id: str, cause: Cause[Any]) -> KnownCause | None:
        known = self.causes.get((account_id, cause.key))
        if known is not None and known.fingerprint != cause.fingerprint:
            raise IdempotencyKeyReused(cause.key)
        return known

    def _account(self, account_id: str) -> Account:
        account = self.accounts.get(account_id)
        if account is None:
            stored = self.stored.get(account_id)
            account = Account(id=account_id) if stored is None else self.recent.decode(account_id, stored)
        return account

    def _step(self, call: Call[Any], account: Account, commit: Commit[Any]) -> _Step:
        key = call.cause.key if call.cause else None
        events: list[EventWrite] = []
        for event in commit.events:
            account = account.evolve(event)
            encoding = encode_event(event)
            events.append(
                EventWrite(account_id=call.account_id, number=account.version, at=event.at, event=encoding, cause=key)
            )
        for record in commit.records:
            _ensure_own(call.account_id, record)
        if self.careful:
            self._row(account, before=0)
        return _Step(
            account=account,
            events=tuple(events),
            records=commit.records,
            cause=None if call.cause is None else self._cause_write(call.account_id, call.cause, commit),
            has_row=bool(events) or (commit.renews and account.version > 0),
        )

    def rows(self) -> tuple[AccountWrite, ...]:
        """The rows of the accounts that have moved or are renewed. Raises what keeps one of them from being kept."""
        return tuple(
            self._row(self.accounts[account_id], before=version) for account_id, version in self.before.items()
        )

    def _row(self, account: Account, *, before: int) -> AccountWrite:
        return AccountWrite(
            account_id=account.id,
            before=before,
            version=account.version,
            snapshot=self.recent.encode(account),
            columns=self.describe(account),
        )

    def _cause_write(self, account_id: str, cause: Cause[Any], commit: Commit[Any]) -> CauseWrite:
        encoded("cause", (cause.fingerprint, cause.kind))
        return CauseWrite(
            account_id=account_id,
            key=cause.key,
            kind=cause.kind,
            status=CauseStatus.PROCESSED if cause.intent_type is None else CauseStatus.STARTED,
            fingerprint=cause.fingerprint,
            answer=encode_answer(cause, commit.answer),
            body=cause.body,
            error=None,
            failures=0,
            at=self.at,
        )

    def _keep(self, step: _Step, *, is_known: bool = True) -> None:
        account_id = step.account.id
        if is_known:
            self.accounts[account_id] = step.account
        if step.has_row:
            self.before.setdefault(account_id, step.account.version - len(step.events))
        self.event_writes.extend(step.events)
        if step.cause is not None:
            self._keep_cause(step.cause)
        for record in step.records:
            if isinstance(record, CauseFailed):
                self._keep_cause(_failed(account_id, record))
            else:
                write = RecordWrite(account_id, record, self.at)
                self.record_writes.setdefault(type(record), []).append(write)

    def _keep_cause(self, write: CauseWrite) -> None:
        """Folded into the one row of its cause: processed stays so, and the first time and fingerprint stay."""
        key = (write.account_id, write.key)
        known, earlier = self.causes.get(key), self.cause_writes.get(key)
        if known is not None and known.status is CauseStatus.PROCESSED:
            return
        if known is not None:
            write = write._replace(fingerprint=known.fingerprint)
        if earlier is not None:
            write = write._replace(failures=write.failures + earlier.failures, at=earlier.at)
        self.cause_writes[key] = write
        self.causes[key] = KnownCause(write.status, write.fingerprint, write.answer)


def _failed(account_id: str, record: CauseFailed) -> CauseWrite:
    return CauseWrite(
        account_id=account_id,
        key=record.key,
        kind=record.kind,
        status=CauseStatus.DEAD if record.dead else CauseStatus.FAILED,
        fingerprint=record.fingerprint,
        answer=b"",
        body=record.body,
        error=record.error,
        failures=1,
        at=record.at,
    )


def _ensure_own(account_id: str, record: Record) -> None:
    """No decision touches two accounts, and no record holds text that cannot be stored."""
    encoded(type(record).__name__, record)
    match record:
        case GenerationOpened(generation=mine) | ImageAdded(image=mine):
            if mine.account_id != account_id:
                raise InvalidValue("account_id", f"{mine.id} belongs to another account than {account_id}")
        case Job(task=task, args=args):
            if args.get("account_id", account_id) != account_id:
                raise InvalidValue("account_id", f"a job {task} is for another account than {account_id}")
        case CauseFailed(key=key):
            ensure_key("idempotency key", key)
        case _:
            pass
