"""Finding by the books what does not get on: webhooks that stay away or are not taken in, jobs that nobody does, and
accounts of which something does not hold that must."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from attrs import frozen

from billing_core.application.diagnosing import Check, Finding, error, ok, warning
from billing_core.application.guarding import last_round
from billing_core.application.replaying import PREFIX
from billing_core.domain.incidents import Severity
from billing_core.domain.invariants import Invariant
from billing_core.domain.subscription import Status
from billing_core.ports.bookmarks import Bookmarks
from billing_core.ports.books import Books
from billing_core.ports.clock import Clock
from billing_core.ports.inbox import Inbox, StoredCause
from billing_core.ports.jobs import Jobs
from billing_core.ports.overview import AccountWanted, Overview
from billing_core.ports.records import CauseStatus

LATEST = 20
"""So many webhooks tell how often one comes."""

QUIET = 10
"""So many times as long as usual may pass before silence is odd."""

A_DAY = timedelta(days=1)
A_LONG_WAIT = timedelta(minutes=30)


def checks_of(books: Books, clock: Clock) -> Mapping[str, Check]:
    """All of these checks, by name."""
    return {
        "events": HearingOfEvents(books.inbox, books.overview, clock),
        "inbox": TakingEventsIn(books.inbox, books.overview),
        "queue": DoingJobs(books.jobs, clock),
        "accounts": HoldingWhatMust(books.bookmarks, clock),
    }


@frozen
class HearingOfEvents:
    """Webhooks come about as often as they did. How often one should depends on how busy the shop is."""

    inbox: Inbox
    overview: Overview
    clock: Clock

    async def __call__(self) -> tuple[Finding, ...]:
        latest = await self.inbox.with_status(CauseStatus.PROCESSED, prefix=PREFIX, limit=LATEST)
        if not latest:
            return (await self._none(),)
        age = self.clock.now() - latest[0].received_at
        usual = _usual(latest)
        if usual is not None and age > max(A_DAY, QUIET * usual):
            text = f"no webhook came for {lasted(age)}, and before that one every {lasted(usual)}"
            mend = "look at the endpoint's deliveries at Stripe, then run `billing-core reconcile`"
            return (warning(text, mend),)
        return (ok(f"the last webhook came {lasted(age)} ago"),)

    async def _none(self) -> Finding:
        """Who is subscribed has come by a webhook, unless the books were brought in from elsewhere."""
        wanted = AccountWanted(status=Status.ACTIVE.value)
        if not await self.overview.accounts(wanted, limit=1):
            return ok("no webhook has come yet, and nobody is subscribed")
        mend = "give Stripe the endpoint's address (docs/stripe.md, step 3), then run `billing-core reconcile`"
        return warning("no webhook was ever taken in, and there are subscribers", mend)


def _usual(latest: Sequence[StoredCause]) -> timedelta | None:
    """How long it was from one to the next, on average."""
    return (latest[0].received_at - latest[-1].received_at) / (len(latest) - 1) if len(latest) > 1 else None


@frozen
class TakingEventsIn:
    """Every webhook that came was understood, and belongs to somebody."""

    inbox: Inbox
    overview: Overview

    async def __call__(self) -> tuple[Finding, ...]:
        dead = await self.inbox.count(CauseStatus.DEAD, prefix=PREFIX)
        failed = await self.inbox.count(CauseStatus.FAILED, prefix=PREFIX)
        parked = await self.overview.count_parked()
        findings: list[Finding] = []
        if dead:
            mend = (
                "mend what `billing-core webhooks list --status dead` tells, then `billing-core webhooks replay EVENT`"
            )
            findings.append(error(f"webhooks that failed at every try: {dead}", mend))
        if failed:
            mend = "see `billing-core webhooks list --status failed`; they are tried again by themselves"
            findings.append(warning(f"webhooks that failed: {failed}", mend))
        if parked:
            mend = "assign their incidents (`billing-core incidents list`), or run `billing-core import-stripe`"
            findings.append(warning(f"webhooks about things that nobody owns: {parked}", mend))
        return tuple(findings) or (ok("every webhook that came was taken in"),)


@frozen
class DoingJobs:
    """Jobs are done soon after they are due."""

    jobs: Jobs
    clock: Clock

    async def __call__(self) -> tuple[Finding, ...]:
        now = self.clock.now()
        backlog = await self.jobs.backlog(now)
        waits = timedelta(0) if backlog.waits_since is None else now - backlog.waits_since
        findings: list[Finding] = []
        if waits > A_LONG_WAIT:
            text = f"jobs that are due: {backlog.due}, the first for {lasted(waits)}"
            findings.append(error(text, "see that `billing-core serve` or a `billing-core worker` runs; add workers"))
        if backlog.failing:
            mend = "read the worker's log; `billing-core incidents list` tells what was given up"
            findings.append(warning(f"jobs that failed and are tried again: {backlog.failing}", mend))
        sums = f"jobs: {backlog.due} due, {backlog.under_way} under way, {backlog.later} for later"
        return tuple(findings) or (ok(sums),)


@frozen
class HoldingWhatMust:
    """What must hold of every account did when a worker looked last."""

    bookmarks: Bookmarks
    clock: Clock

    async def __call__(self) -> tuple[Finding, ...]:
        last = await last_round(self.bookmarks)
        if last is None or last.ended_at is None:
            return (ok("no look at all accounts has ended yet: a worker takes one every hour"),)
        findings = [_broken(found, last.found[found.value]) for found in Invariant if found.value in last.found]
        ago = self.clock.now() - last.ended_at
        if ago > A_DAY:
            text = f"nobody has looked at all accounts for {lasted(ago)}"
            findings.append(warning(text, "see that `billing-core serve` or a `billing-core worker` runs"))
        return tuple(findings) or (ok(f"what must hold did, of {last.accounts} accounts"),)


def _broken(invariant: Invariant, count: int) -> Finding:
    found = warning if invariant.severity is Severity.LOW else error
    text = f"{invariant.value.replace('_', ' ')}: {count}"
    return found(text, f"see `billing-core incidents list`, and run `billing-core audit` ({invariant.severity.value})")


def lasted(time: timedelta) -> str:
    """`3 days`, `2 hours`, `5 minutes`: in its largest unit."""
    minutes = max(0, time // timedelta(minutes=1))
    count, unit = minutes, "minute"
    if minutes >= 1440:
        count, unit = minutes // 1440, "day"
    elif minutes >= 60:
        count, unit = minutes // 60, "hour"
    return f"{count} {unit}{'' if count == 1 else 's'}"
