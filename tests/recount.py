"""What the events of an account add up to, counted from them alone: no help from the fold that makes its state."""

from collections import Counter
from typing import Literal

from attrs import define, field

from billing_core.domain import events as e
from billing_core.domain.account import Account

Total = Literal["granted", "captured", "expired", "revoked", "settled", "incurred", "forgiven", "written off"]


@define
class Recount:
    """Running totals; `worth` is what each slot or purchase was given less what was taken back, owed or is short."""

    totals: Counter[Total] = field(factory=Counter)
    worth: Counter[str] = field(factory=Counter)
    covered: set[str] = field(factory=set)

    def add(self, event: e.Event) -> None:
        match event:
            case e.CreditsGranted():
                self.totals["granted"] += event.grant.amount
                if event.grant.tally is not None:
                    self.worth[event.grant.tally] += event.grant.amount
            case e.FreeSlotGranted() | e.DebtReturned():
                self.totals["granted"] += event.grant.amount
            case e.GrantExpired():
                self.totals["expired"] += event.amount
            case e.CreditsRevoked():
                self.totals["revoked"] += event.amount
                self.totals["expired"] -= event.expired
                self.worth[event.tally] -= event.amount
            case e.CreditsTaken():
                self.totals["revoked"] += sum(take.amount for take in event.takes)
            case e.DebtSettled():
                self.totals["settled"] += sum(take.amount for take in event.takes)
            case e.DebtIncurred():
                self.totals["incurred"] += event.amount
                self.worth[event.tally] -= 0 if event.from_shortfall else event.amount
            case e.DebtForgiven():
                self.totals["forgiven"] += event.amount
            case e.ShortfallLeft():
                self.worth[event.tally] -= event.amount
            case e.ShortfallFilled():
                self.worth[event.tally] += event.amount
            case e.ShortfallWrittenOff():
                self.totals["incurred"] += event.amount
                self.totals["written off"] += event.amount
            case e.HoldPlaced() if event.hold.covered:
                self.covered.add(event.hold.id)
            case e.HoldCaptured():
                self.totals["captured"] += 0 if event.hold_id in self.covered else event.amount
                self.totals["expired"] += event.expired
            case e.HoldReleased() | e.HoldLapsed():
                self.totals["expired"] += event.expired
            case _:
                pass

    def is_conserved(self, account: Account) -> bool:
        """Whether every credit, and every debt, is somewhere."""
        book, total = account.book, self.totals
        gone = total["captured"] + total["expired"] + total["revoked"] + total["settled"]
        past = total["settled"] + total["forgiven"] + total["written off"]
        return total["granted"] == book.available + book.held + gone and total["incurred"] == book.debt + past
