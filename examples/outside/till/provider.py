"""Till: a payment provider that is not Stripe. It has words of its own, and is small enough to be read.

A customer pays a bill at a visit. Who pays again and again has a contract, which renews itself and always pays; a card
that declines or asks shows itself at a change. A real provider is behind an API; this one lives in memory.
"""

import json
from collections.abc import Callable, Hashable, Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, TypeVar

from attrs import define, field

from billing_core.domain.calendar import month_index, nth_month
from billing_core.ports.clock import Clock
from till.words import Bill, Change, Contract, Item, Reckoned, Refused, Tariff, Visit

VISIT_LASTS = timedelta(hours=24)
T = TypeVar("T")


@define
class Till:
    """The provider: `tariffs` by key. `news` is what it has told, oldest first."""

    tariffs: dict[str, Tariff]
    clock: Clock
    card: str = "pays"
    customers: dict[str, str] = field(factory=dict)
    credit: dict[str, int] = field(factory=dict)
    visits: dict[str, Visit] = field(factory=dict)
    contracts: dict[str, Contract] = field(factory=dict)
    bills: dict[str, Bill] = field(factory=dict)
    links: dict[str, str] = field(factory=dict)
    news: list[bytes] = field(factory=list)
    _answers: dict[tuple[str, str], tuple[Hashable, Any]] = field(factory=dict)
    _number: int = 0

    def once(self, verb: str, key: str, asked: Hashable, do: Callable[[], T]) -> T:
        """Does it, and answers the same to the same key. Refuses `key_reused` for another wish."""
        if (verb, key) in self._answers:
            before, answer = self._answers[verb, key]
            if before != asked:
                raise Refused("key_reused", key)
            found: T = answer
            return found
        answer = do()
        self._answers[verb, key] = asked, answer
        return answer

    def new_id(self, kind: str) -> str:
        self._number += 1
        return f"{kind}_{self._number}"

    def customer(self, account: str) -> str:
        return self.customers.setdefault(account, self.new_id("person"))

    def open_visit(self, customer: str, tariff: str, trial_days: int, note: dict[str, Any]) -> Visit:
        if customer not in self.customers.values():
            raise Refused("unknown", customer)
        for each in self.contracts_of(customer):
            if self.tariffs[each.tariff].currency != self.tariffs[tariff].currency:
                raise Refused("currency", self.tariffs[each.tariff].currency)
        visit = Visit(self.new_id("visit"), customer, tariff, trial_days, note, until=self.clock.now() + VISIT_LASTS)
        self.visits[visit.id] = visit
        return visit

    def pay(self, visit_id: str) -> Contract | None:
        """The customer pays at the visit: the contract that comes of it, None where it is paid once."""
        visit, now = self.visits[visit_id], self.clock.now()
        tariff, contract, visit.open = self.tariffs[visit.tariff], None, False
        item = Item(tariff.key, tariff.amount, now, now, back=False, whole=True)
        if tariff.months:
            trial_end = now + timedelta(days=visit.trial_days) if visit.trial_days else None
            end = trial_end or nth_month(now, tariff.months)
            contract = Contract(
                self.new_id("contract"), visit.customer, tariff.key, now, trial_end or now, now, end, trial_end
            )
            self.contracts[contract.id] = contract
            item = Item(tariff.key, 0 if trial_end else tariff.amount, now, end, back=False, whole=True)
        bill = self._bill(visit.customer, contract, (item,), item.amount, visit=visit.id)
        self._paid(bill)
        self._tell("visit", **self.outcome(bill))
        return contract

    def outcome(self, bill: Bill) -> dict[str, Any]:
        """What came of the visit that the bill was paid at."""
        visit = self.visits[bill.visit or ""]
        about = {"visit": visit.id, "bill": bill.id, "customer": bill.customer, "contract": bill.contract}
        return {**about, "amount": bill.amount, "currency": bill.currency, "note": visit.note}

    def contract(self, contract_id: str) -> Contract:
        """As it is now: periods that are over have been followed by others."""
        if contract_id not in self.contracts:
            raise Refused("unknown", contract_id)
        contract = self.contracts[contract_id]
        while contract.over is None and contract.end <= self.clock.now():
            self._renew(contract)
        return contract

    def contracts_of(self, customer: str) -> list[Contract]:
        mine = (self.contract(each.id) for each in self.contracts.values() if each.customer == customer)
        return [contract for contract in mine if contract.over is None]

    def bill(self, bill_id: str) -> Bill:
        if bill_id not in self.bills:
            raise Refused("unknown", bill_id)
        return self.bills[bill_id]

    def paid_by(self, customer: str) -> Iterator[Bill]:
        """Newest first."""
        for bill in reversed(self.bills.values()):
            if bill.customer == customer and bill.paid and bill.amount:
                yield bill

    def reckon(self, contract: Contract, tariff_key: str, at: datetime) -> Reckoned:
        """What the change would cost at that moment of the present period."""
        old, new = self.tariffs[contract.tariff], self.tariffs[tariff_key]
        if contract.over is not None:
            raise Refused("over", contract.id)
        if not new.months:
            raise Refused("not_recurring", new.key)
        if new.currency != old.currency:
            raise Refused("currency", old.currency)
        if not contract.start <= at < contract.end:
            raise Refused("time", at.isoformat())
        if new == old:
            return Reckoned((), 0, contract.end)
        left = Fraction((contract.end - at) // timedelta(microseconds=1))
        left /= (contract.end - contract.start) // timedelta(microseconds=1)
        part = Fraction(0) if self._is_on_trial(contract) else left
        is_whole = new.months != old.months
        end = nth_month(at, new.months) if is_whole else contract.end
        items = (
            Item(old.key, round(old.amount * part), at, contract.end, back=True, whole=False),
            Item(new.key, new.amount if is_whole else round(new.amount * part), at, end, back=False, whole=is_whole),
        )
        total = items[1].amount - items[0].amount
        return Reckoned(items, min(total, max(0, total - self.credit.get(contract.customer, 0))), end)

    def change(self, contract: Contract, tariff: str, at: datetime) -> Change:
        """Now, if the card pays; where it asks, once its owner has answered."""
        reckoned = self.reckon(contract, tariff, at)
        change = Change(contract.id, tariff, at, reckoned.end, None)
        if reckoned.items:
            change.bill = self._bill(contract.customer, contract, reckoned.items, max(0, reckoned.due))
        if reckoned.due > 0 and self.card == "declines":
            change.state = "declined"
        elif reckoned.due > 0 and self.card == "asks":
            change.state, contract.asking = "asking", change
        else:
            self._apply(contract, change)
        return change

    def confirm(self, bill_id: str) -> None:
        """The card's owner says yes."""
        contract = self.contracts[self.bill(bill_id).contract or ""]
        if contract.asking is not None:
            self._apply(contract, contract.asking)

    def change_later(self, contract: Contract, tariff: str | None) -> None:
        """With the period, to another tariff; None takes that wish back."""
        contract.next_tariff, contract.ends_with_period = tariff, contract.ends_with_period and tariff is None
        self._tell("contract", contract=contract.id, customer=contract.customer)

    def end_with_period(self, contract: Contract, *, ends: bool) -> None:
        self._stop_asking(contract)
        contract.ends_with_period = ends
        contract.next_tariff = None if ends else contract.next_tariff
        self._tell("contract", contract=contract.id, customer=contract.customer)

    def end(self, contract: Contract, *, credit: bool) -> None:
        """Now. With `credit` for the rest of the period."""
        self._stop_asking(contract)
        now = self.clock.now()
        if credit and contract.start <= now < contract.end:
            rest = Fraction((contract.end - now) / (contract.end - contract.start))
            amount = round(self.tariffs[contract.tariff].amount * rest)
            item = Item(contract.tariff, amount, now, contract.end, back=True, whole=False)
            self._paid(self._bill(contract.customer, contract, (item,), 0))
            self.credit[contract.customer] = self.credit.get(contract.customer, 0) + amount
        contract.over = now
        self._tell("contract", contract=contract.id, customer=contract.customer)

    def refund(self, bill: Bill, amount: int | None) -> int:
        """What went back; refuses `too_much`, and `disputed`."""
        back = bill.amount - bill.refunded if amount is None else amount
        if bill.disputed:
            raise Refused("disputed", bill.id)
        if not 0 < back <= bill.amount - bill.refunded:
            raise Refused("too_much", bill.id)
        bill.refunded += back
        self._tell("money", bill=bill.id)
        return back

    def dispute(self, bill_id: str) -> None:
        """The card's owner wants the money back."""
        self.bill(bill_id).disputed = True
        self._tell("money", bill=bill_id)

    def _renew(self, contract: Contract) -> None:
        if contract.ends_with_period:
            contract.over = contract.end
        else:
            contract.tariff, contract.next_tariff = contract.next_tariff or contract.tariff, None
            tariff, contract.start = self.tariffs[contract.tariff], contract.end
            contract.end = nth_month(contract.anchor, month_index(contract.anchor, contract.start) + tariff.months)
            item = Item(tariff.key, tariff.amount, contract.start, contract.end, back=False, whole=True)
            self._paid(self._bill(contract.customer, contract, (item,), tariff.amount))
        self._tell("contract", contract=contract.id, customer=contract.customer)

    def _apply(self, contract: Contract, change: Change) -> None:
        if change.bill is not None:
            self._paid(change.bill)
            total = sum(-item.amount if item.back else item.amount for item in change.bill.items)
            used = change.bill.amount - total  # below 0: paid from the credit
            self.credit[contract.customer] = self.credit.get(contract.customer, 0) + used
        if self.tariffs[change.tariff].months != self.tariffs[contract.tariff].months:
            contract.anchor = contract.start = change.at
        contract.tariff, contract.end, contract.next_tariff = change.tariff, change.end, None
        contract.ends_with_period, contract.asking, change.state = False, None, "done"
        self._tell("contract", contract=contract.id, customer=contract.customer)

    def _stop_asking(self, contract: Contract) -> None:
        if contract.asking is not None:
            contract.asking.state, contract.asking = "declined", None

    def _is_on_trial(self, contract: Contract) -> bool:
        return contract.trial_end is not None and self.clock.now() < contract.trial_end

    def _bill(
        self, customer: str, contract: Contract | None, items: tuple[Item, ...], amount: int, visit: str | None = None
    ) -> Bill:
        currency = self.tariffs[items[0].tariff].currency
        mine = contract.id if contract else None
        bill = Bill(self.new_id("bill"), customer, mine, visit, self.clock.now(), items, amount, currency)
        self.bills[bill.id] = bill
        return bill

    def _paid(self, bill: Bill) -> None:
        bill.paid = True
        if bill.contract is not None:
            self._tell("bill", bill=bill.id, contract=bill.contract, customer=bill.customer)

    def _tell(self, kind: str, **about: Any) -> None:
        at = int(self.clock.now().timestamp())
        self.news.append(json.dumps({"id": self.new_id("news"), "kind": kind, "at": at, **about}).encode())
