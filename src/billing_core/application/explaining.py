"""Why a balance is what it is, where one grant's credits went, and what paid for one piece of work.

All of it is read from the events, so that every credit leads back to the fact that made it.
"""

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from billing_core.application import denials, sentences
from billing_core.application.errors import GrantNotFound
from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt, at
from billing_core.domain.admission import Checked, Wish, checked
from billing_core.domain.catalog import Catalog
from billing_core.domain.errors import HoldNotFound, InvalidValue, RuleViolation
from billing_core.domain.payments import Payment
from billing_core.domain.provenance import GrantStory, HoldStory, Provenance
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.generations import Generations, Progress
from billing_core.ports.history import History


@frozen(kw_only=True)
class BalanceExplained:
    """An account at an instant: sentences about the whole, then each grant and each open hold, oldest first."""

    held: AccountAt
    sentences: tuple[str, ...]
    grants: tuple[GrantStory, ...]
    open_holds: tuple[HoldStory, ...]


@frozen(kw_only=True)
class CreditsTraced:
    """A grant: the payment that it came with, and every step of its credits."""

    story: GrantStory
    payment: Payment | None
    sentences: tuple[str, ...]


@frozen(kw_only=True)
class WorkTraced:
    """A hold: the grants that it took from, how it ended and, where it paid for pictures, their generation."""

    story: HoldStory
    grants: tuple[GrantStory, ...]
    progress: Progress | None
    sentences: tuple[str, ...]


@frozen(kw_only=True)
class Verdict:
    """Whether a wish for pictures is let in, then every check of it with its own sentence, in their order.

    `denial` is the first refusal, which is the answer; those behind it would be the next ones.
    """

    held: AccountAt
    summary: str
    checks: tuple[tuple[Checked, str], ...]

    @property
    def denial(self) -> RuleViolation | None:
        return denials.first_denial(tuple([each for each, _ in self.checks]))

    @property
    def sentences(self) -> tuple[str, ...]:
        return (self.summary, *(sentence for _, sentence in self.checks))


@frozen
class Read:
    """What a stream tells up to an instant, with what is due by then."""

    held: AccountAt
    grants: Mapping[str, GrantStory]
    holds: Mapping[str, HoldStory]
    payments: Mapping[str, Payment]


@frozen
class Explaining:
    """Reads an account's stream once and tells it in sentences. Nothing is written."""

    accounts: AccountRepository
    history: History
    generations: Generations
    catalog: Catalog
    clock: Clock

    async def __call__(self, account_id: str, *, moment: datetime | None = None) -> BalanceExplained:
        """The balance now, or as it was at a moment of the past. Raises InvalidValue for one that lies ahead."""
        read = await self._read(account_id, moment)
        grants = tuple(read.grants.values())
        still_open = tuple(story for story in read.holds.values() if story.ended_at is None)
        told = (*sentences.of_balance(read.held, grants), *map(sentences.of_grant, grants))
        holds = tuple(map(sentences.of_hold, still_open))
        return BalanceExplained(held=read.held, sentences=(*told, *holds), grants=grants, open_holds=still_open)

    async def grant(self, account_id: str, grant_id: str) -> CreditsTraced:
        """Where a grant's credits came from and went to. Raises GrantNotFound."""
        read = await self._read(account_id, None)
        story = read.grants.get(grant_id)
        if story is None:
            raise GrantNotFound(grant_id)
        payment = read.payments.get(story.grant.payment_id or "")
        told = [sentences.of_grant(story)]
        told += [sentences.of_payment(payment)] if payment else []
        told += map(sentences.of_movement, story.movements)
        return CreditsTraced(story=story, payment=payment, sentences=tuple(told))

    async def work(self, account_id: str, hold_id: str) -> WorkTraced:
        """What paid for a generation, or for other work under that hold. Raises HoldNotFound."""
        read = await self._read(account_id, None)
        story = read.holds.get(hold_id)
        if story is None:
            raise HoldNotFound(hold_id)
        grants = tuple(read.grants[take.grant_id] for take in story.hold.takes)
        progress = await self.generations.progress(account_id, hold_id)
        told = [sentences.of_hold(story), *map(sentences.of_grant, grants)]
        payments = (read.payments.get(grant.grant.payment_id or "") for grant in grants)
        told += [sentences.of_payment(payment) for payment in payments if payment]
        told += sentences.of_generation(progress) if progress else ()
        return WorkTraced(story=story, grants=grants, progress=progress, sentences=tuple(told))

    async def verdict(self, account_id: str, wish: Wish, *, moment: datetime | None = None) -> Verdict:
        """Whether pictures may be made now, or might have been at a moment of the past, and if not, why.

        Raises InvalidValue for a moment that lies ahead.
        """
        held = (await self._read(account_id, moment)).held
        checks = tuple(checked(held, wish))
        told = tuple([(each, denials.of_check(held, wish, each)) for each in checks])
        return Verdict(held=held, summary=denials.of_wish(held, wish, checks), checks=told)

    async def _read(self, account_id: str, moment: datetime | None) -> Read:
        """What was not written yet, but was due by then, is read too."""
        now = self.clock.now()
        if moment is not None and moment > now:
            raise InvalidValue("at", "must not lie ahead")
        provenance, payments = Provenance(Account(id=account_id)), dict[str, Payment]()
        async for stored in self.history.of(account_id):
            if moment is not None and stored.event.at > moment:
                break
            provenance.take(stored.event)
            if isinstance(stored.event, e.PaymentSettled):
                payments[stored.event.payment.id] = stored.event.payment
        held = at(provenance.account, moment or now, self.catalog)
        for event in held.due:
            provenance.take(event)
        payments |= {payment.id: payment for payment in held.account.payments}
        return Read(held, provenance.grants, provenance.holds, payments)
