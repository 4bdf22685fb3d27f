"""What is wrong after a campaign: the books as they were found, against what the callers were told."""

from collections.abc import Iterator
from datetime import datetime

from attrs import frozen

from billing_core.domain import events as e
from billing_core.domain.generation import GenerationStatus
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.books import Books
from billing_core.ports.incidents import Incident
from billing_core.ports.records import CauseStatus
from tests.crash.ledger import Ledger, Told
from tests.crash.operations import PACK_CREDITS, PERIOD_CREDITS, Kind, Operation
from tests.crash.streams import EFFECT, Stream, stream_of

BY_CALLERS = (*(f"http:POST /api/v1/{path}" for path in ("admin", "credits", "generations")), "webhook:evt_load")


async def findings(ledger: Ledger, books: Books, now: datetime) -> list[str]:
    """Everything that is lost, doubled or left over; empty where all is well."""
    found = list(ledger.wrong)
    found += [
        f"incident {incident.key}: {incident.detail}"
        for incident in await books.incidents.open()
        if not await _is_foreseen(incident, books)
    ]
    for account_id in sorted({operation.account_id for operation in ledger.asked.values()}):
        account = await books.accounts.get(account_id)
        stream = stream_of(account, [stored async for stored in books.history.of(account_id)])
        checked = _Checked(ledger, stream, now)
        found += [f"{account_id}: {problem}" for problem in checked.problems()]
        found += [f"{account_id}: {problem}" for problem in await checked.generations(books)]
    return found


async def unkept(ledger: Ledger, books: Books) -> list[str]:
    """What was told and is not kept, so that it could not be told again; looked for before its day is over."""
    found = []
    for operation in ledger.asked.values():
        told = ledger.told.get(operation.cause)
        kept = await books.inbox.get(operation.account_id, operation.cause)
        if told is not None and told.is_done and (kept is None or kept.status is not CauseStatus.PROCESSED):
            found.append(f"{operation.cause} was told {told} and is {kept and kept.status} in the inbox")
    return found


async def _is_foreseen(incident: Incident, books: Books) -> bool:
    """No Stripe knows the invoices that the callers tell of. And the clock is moved on by a day while pictures are
    under way: a look in between finds their holds open, which is foreseen only where they have ended by now."""
    if incident.kind is IncidentKind.DRIFT:
        return "payment" in incident.about and incident.detail.endswith("the gateway does not know it")
    if incident.kind is IncidentKind.HOLD_WITHOUT_END:
        account = await books.accounts.get(str(incident.account_id))
        return account.book.hold(incident.about["hold"]) is None
    return False


@frozen
class _Checked:
    """One account."""

    ledger: Ledger
    stream: Stream
    now: datetime

    @property
    def operations(self) -> list[Operation]:
        return [asked for asked in self.ledger.asked.values() if asked.account_id == self.stream.account.id]

    def problems(self) -> Iterator[str]:
        for operation in self.operations:
            yield from self._exactly_once(operation)
        yield from self._nothing_twice()
        yield from self._sums()
        for hold in self.stream.account.book.holds:
            if hold.until is None or hold.until <= self.now:
                yield f"hold {hold.id} is open past its deadline"

    def _exactly_once(self, operation: Operation) -> Iterator[str]:
        told = self.ledger.told.get(operation.cause)
        effects = self.stream.effects(operation.cause, operation.kind)
        expected = 1 if told is not None and told.is_done and operation.kind in EFFECT else 0
        if len(effects) > 1 or (told is not None and len(effects) != expected):
            yield f"{operation.cause} was told {told} and happened {len(effects)} times"
        elif told is not None and told.is_done and effects and not _is_as_told(operation, effects[0], told):
            yield f"{operation.cause} was told {told} and was {effects[0]}"

    def _nothing_twice(self) -> Iterator[str]:
        known = self.ledger.asked.keys()
        for cause in self.stream.by_cause:
            if cause.startswith(BY_CALLERS) and cause not in known:
                yield f"{cause} was never asked"
        yield from (f"grant {key} was given {n} times" for key, n in self.stream.grants.items() if n > 1)
        yield from (f"payment {key} was booked {n} times" for key, n in self.stream.payments.items() if n > 1)
        for hold_id in self.stream.placed:
            if len(self.stream.ends[hold_id]) != 1 and self.stream.account.book.hold(hold_id) is None:
                yield f"hold {hold_id} ended {len(self.stream.ends[hold_id])} times"

    def _sums(self) -> Iterator[str]:
        invoices = [payment for payment in self.stream.payments if payment.startswith("in_")]
        if self.stream.period_credits != PERIOD_CREDITS * bool(invoices):  # a month's, however often it was paid for
            yield f"{len(invoices)} invoices gave {self.stream.period_credits} credits"
        for payment_id in self.stream.payments:
            given = self.stream.pack_credits[payment_id]
            if payment_id.startswith("pi_") and given != PACK_CREDITS:
                yield f"the pack of {payment_id} gave {given} credits"
        by_callers = sum(self._captured(operation) for operation in self.operations if operation.kind is Kind.CAPTURE)
        by_pictures = sum(
            end.amount
            for ends in self.stream.ends.values()
            for end in ends
            if isinstance(end, e.HoldCaptured) and self.stream.placed[end.hold_id].hold.images
        )
        captured = self.stream.account.book.totals.captured
        if captured != by_callers + by_pictures:
            yield f"captured {captured} is not {by_callers} by callers and {by_pictures} by pictures"

    def _captured(self, operation: Operation) -> int:
        """As the caller was told; of one who was not, as it was."""
        told = self.ledger.told.get(operation.cause)
        if told is not None:
            return int(told.answer["amount"]) if told.is_done else 0
        effects = self.stream.effects(operation.cause, operation.kind)
        return sum(effect.amount for effect in effects if isinstance(effect, e.HoldCaptured))

    async def generations(self, books: Books) -> list[str]:
        """Each has ended, as its hold has."""
        found = []
        for hold_id, placed in self.stream.placed.items():
            if not placed.hold.images:
                continue
            generation = await books.generations.get(self.stream.account.id, hold_id)
            ends = self.stream.ends[hold_id]
            if generation is None or not generation.status.is_terminal:
                found.append(f"generation {hold_id} is {generation and generation.status}")
            elif (generation.status is GenerationStatus.SUCCEEDED) != isinstance(ends[0], e.HoldCaptured):
                found.append(f"generation {hold_id} {generation.status}, but its hold {ends}")
            elif generation.status is GenerationStatus.SUCCEEDED and not generation.images:
                found.append(f"generation {hold_id} succeeded without pictures")
        return found


def _is_as_told(operation: Operation, effect: e.Event, told: Told) -> bool:
    match effect:
        case e.CreditsGranted(grant=grant):
            return (f"adjustment:{told.answer['id']}", told.answer["amount"]) == (grant.id, grant.amount)
        case e.HoldPlaced(hold=hold) if operation.kind is Kind.GENERATION:
            return (told.answer["id"], told.answer["credits_held"]) == (hold.id, hold.amount)
        case e.HoldPlaced(hold=hold):
            return (told.answer["id"], told.answer["amount"]) == (hold.id, hold.amount)
        case e.HoldCaptured(hold_id=hold_id, amount=amount):
            return (told.answer["id"], told.answer["amount"], operation.subject) == (hold_id, amount, hold_id)
        case e.HoldReleased(hold_id=hold_id):
            return (told.answer["id"], operation.subject) == (hold_id, hold_id)
        case e.PaymentSettled(payment=payment):
            return payment.id == operation.subject
        case _:
            return False
