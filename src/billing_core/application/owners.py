"""Who owns an id at the gateway, without asking the directory for each of its webhooks."""

from collections import OrderedDict

from attrs import field, frozen

from billing_core.ports.directory import Directory
from billing_core.ports.facts import (
    Charged,
    CheckoutProgressed,
    CustomerDeleted,
    Fact,
    InvoicePaid,
    InvoiceTouched,
    InvoiceUnpaid,
    NotUnderstood,
    OddityTold,
    SubscriptionTouched,
    TrialEnding,
)

MOST = 65_536


@frozen
class Owners:
    """Remembers the owners that were found, since an owner never moves; the least asked for are forgotten beyond
    `most`. That nobody owns an id is not remembered: it may be claimed at any moment, also by another process."""

    directory: Directory
    most: int = MOST
    _found: OrderedDict[str, str] = field(factory=OrderedDict, init=False, repr=False, eq=False)

    async def of(self, provider_id: str) -> str | None:
        """The account that owns the id, or None. Raises Unavailable."""
        owner = self._found.get(provider_id)
        if owner is None:
            owner = await self.directory.owner_of(provider_id)
            if owner is None:
                return None
            self._found[provider_id] = owner
            if len(self._found) > self.most:
                self._found.popitem(last=False)
        else:
            self._found.move_to_end(provider_id)
        return owner

    def knows(self, account_id: str, provider_id: str) -> bool:
        """Whether it is remembered that the account owns the id, so that it need not claim it again."""
        return self._found.get(provider_id) == account_id


def provider_ids(fact: Fact) -> tuple[str, ...]:
    """The ids by which the owner of a fact is found, the widest first: what is parked waits for that one."""
    found: tuple[str | None, ...] = ()
    match fact:
        case SubscriptionTouched() | InvoicePaid() | InvoiceUnpaid() | InvoiceTouched() | TrialEnding():
            found = (fact.customer_id, fact.subscription_id)
        case CheckoutProgressed():
            found = (fact.customer_id, fact.session_id)
        case NotUnderstood() | Charged() | CustomerDeleted() | OddityTold():
            found = (fact.customer_id,)
        case _:
            found = ()
    return tuple([provider_id for provider_id in found if provider_id])
