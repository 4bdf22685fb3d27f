"""Sending notices, each once."""

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from attrs import frozen

from billing_core.domain.errors import PortFailure
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Cause, Commit, Recording
from billing_core.ports.errors import NoticeRefused
from billing_core.ports.inbox import Inbox
from billing_core.ports.notifier import Notice, Notifier, Topic
from billing_core.ports.records import CauseStatus, IncidentRaised


@frozen(kw_only=True)
class Told:
    """What is kept of a notice that is done with. `refused` says why nobody got it, where nobody did."""

    cause: str
    to: str
    at: datetime
    refused: str | None = None


@frozen
class Notifying:
    """Sends a notice to the e-mail that the account has, or to each operator; who has none is not told.

    That one was sent is kept as a processed cause, after the sending: a crash in between sends it again, with the same
    key. One that is refused for good is shown to a person, and not tried again.
    """

    accounts: AccountRepository
    inbox: Inbox
    notifier: Notifier
    clock: Clock
    operators: frozenset[str]

    async def run(self, args: Mapping[str, str]) -> None:
        """The job. Raises the first failure, once all who can be told have been."""
        failures: list[PortFailure] = []
        for to in await self._addresses(args):
            notice = Notice(
                topic=Topic(args["topic"]),
                account_id=args["account_id"],
                to=to,
                key=f"{args['account_id']} {args['cause']}",
                facts=json.loads(args["facts"]),
            )
            try:
                await self._send_once(notice, args["cause"])
            except PortFailure as error:
                failures.append(error)
        if failures:
            raise failures[0]

    async def _addresses(self, args: Mapping[str, str]) -> list[str]:
        if "operators" in args:
            return sorted(self.operators)
        email = (await self.accounts.get(args["account_id"])).email
        return [email] if email else []

    async def _send_once(self, notice: Notice, cause: str) -> None:
        done = _done(notice)
        known = await self.inbox.get(notice.account_id, done.key)
        if known is not None and known.status is CauseStatus.PROCESSED:
            return
        refused: str | None = None
        try:
            await self.notifier.send(notice)
        except NoticeRefused as error:
            refused = error.problem
        now = self.clock.now()
        told = Told(cause=cause, to=notice.to, at=now, refused=refused)
        shown = () if refused is None else (_refused(notice, refused, done.key, now),)
        await self.accounts.change(notice.account_id, Recording(Commit(told, (), shown)), cause=done)


def _done(notice: Notice) -> Cause[Told]:
    digest = sha256(f"{notice.key} {notice.to}".encode()).hexdigest()
    return Cause(key=f"notice:{digest[:40]}", fingerprint=digest, answer_type=Told, kind=notice.topic.value)


def _refused(notice: Notice, problem: str, key: str, now: datetime) -> IncidentRaised:
    return IncidentRaised(
        key=f"notice-refused:{key}",
        kind=IncidentKind.NOTICE_REFUSED,
        detail=f"{notice.topic.value} did not reach {notice.to}: {problem}",
        at=now,
    )
