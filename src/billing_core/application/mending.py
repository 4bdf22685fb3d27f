"""What can be done about an incident, beside closing it. Each may be done twice, by whomever, and at any time.

All of it goes the ways that webhooks and jobs go: nothing is written here that these would not write too.
"""

from attrs import frozen

from billing_core.application import tasks
from billing_core.application.accruing import Accruing
from billing_core.application.errors import AccountNotFound, AlreadyRefunded, IncidentRemains, OwnedByAnother
from billing_core.application.fetching import FetchingInvoice
from billing_core.application.receiving import NOBODY, Receiving
from billing_core.application.refreshing import CancelingSurplus, Refreshing
from billing_core.application.refreshing_payments import RefreshingPayment
from billing_core.application.refunding import Refunding, RefundWish
from billing_core.application.replaying import Replaying
from billing_core.application.shelving import CheckingShelf
from billing_core.application.upholding import Upholding
from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.acts import Grounds
from billing_core.domain.catalog import Catalog
from billing_core.domain.disputes import DisputeStatus
from billing_core.domain.incidents import IncidentKind
from billing_core.domain.plan_in_force import surplus_subscriptions
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Commit
from billing_core.ports.directory import Directory
from billing_core.ports.gateway import RefundStatus
from billing_core.ports.incidents import Incident
from billing_core.ports.records import OwnerClaimed, Record

OWNABLE = ("customer", "subscription", "session", "payment")
TAKEN_IN = frozenset({"processed", "unchanged", "parked"})


@frozen
class Mending:
    """Has something done about what an incident is about. Raises IncidentRemains where the oddity is still there, and
    the port failures."""

    accounts: AccountRepository
    directory: Directory
    receiving: Receiving
    replaying: Replaying
    accruing: Accruing
    refresh: Refreshing
    fetch_invoice: FetchingInvoice
    refresh_payment: RefreshingPayment
    cancel_surplus: CancelingSurplus
    refunding: Refunding
    check_shelf: CheckingShelf
    uphold: Upholding
    catalog: Catalog
    clock: Clock

    async def assign(self, incident: Incident, account_id: str) -> None:
        """Claims what the incident is about for the account, for ever, and takes in what waited for that.

        Raises AccountNotFound; OwnedByAnother, and nothing is claimed.
        """
        if (await self.accounts.get(account_id)).version == 0:
            raise AccountNotFound(account_id)
        ids = [incident.about[name] for name in OWNABLE if name in incident.about]
        await self._ensure_free(ids, account_id)
        now, customer = self.clock.now(), incident.about.get("customer")

        def claim(account: Account) -> Commit[None]:
            is_new = customer is not None and account.customer_id is None
            linked = at(account, now, self.catalog).customer_known(customer) if customer and is_new else ()
            records: list[Record] = [
                record for each in ids for record in (OwnerClaimed(each), tasks.receive_parked(each))
            ]
            return Commit(None, linked, tuple(records))

        await self.accounts.change(account_id, claim)
        await self._ensure_free(ids, account_id)
        for provider_id in ids:  # the jobs are for where this process dies here
            await self.receiving.receive_parked({"provider_id": provider_id})
        await self._follow(incident, account_id)

    async def _ensure_free(self, ids: list[str], account_id: str) -> None:
        for provider_id in ids:
            owner = await self.directory.owner_of(provider_id)
            if owner not in {None, account_id}:
                raise OwnedByAnother(provider_id, str(owner))

    async def _follow(self, incident: Incident, account_id: str) -> None:
        """What is the account's now is asked for, so that the books have it."""
        subscription, payment = incident.about.get("subscription"), incident.about.get("payment")
        if subscription is not None:
            await self.refresh(account_id, subscription)
        if payment is not None:
            key = tasks.webhook_key(incident.about.get("event", ""))
            await self.refresh_payment.run({"payment": payment, "kept_by": NOBODY, "key": key})

    async def retry(self, incident: Incident) -> None:
        """Does once more what failed."""
        if incident.kind is IncidentKind.ACCRUAL_FAILED:
            done = await self.accruing.bring(str(incident.account_id))
            if done.error is not None:
                raise IncidentRemains(incident.id, done.error)
        elif incident.kind in {IncidentKind.PAID_WITHOUT_GRANT, IncidentKind.HOLD_PAST_DEADLINE}:
            await self.uphold.follow(str(incident.account_id))
            await self.uphold.ensure(incident, str(incident.account_id))
        elif incident.kind is IncidentKind.NOT_ON_SALE:
            await self.check_shelf.run({"gone": incident.about["gone"]})
        else:
            done_each = await self.replaying.event(incident.about["event"])
            if not done_each or any(done.outcome not in TAKEN_IN for done in done_each):
                raise IncidentRemains(incident.id, "the webhook failed again")

    async def fetch_again(self, incident: Incident) -> None:
        """Asks the gateway for what the incident is about, and lets the books follow. Raises UnknownAtGateway."""
        about, owner = incident.about, await self._owner(incident)
        await self.replaying.prices.on_sale()  # prices that were made since are to be understood
        if (payment := about.get("payment")) is not None:
            owner = await self.refresh_payment(payment, even_left_behind=True) or owner
        if owner is None:
            raise IncidentRemains(incident.id, "no account is known to be concerned")
        if (subscription := about.get("subscription")) is not None:
            await self.refresh(owner, subscription)
        if (invoice := about.get("invoice")) is not None:
            await self.fetch_invoice(owner, invoice, even_left_behind=True)
        if incident.kind is IncidentKind.LIVE_WITHOUT_ACCESS:
            await self.uphold.fetch_payments(owner)
        await self.uphold.ensure(incident, owner)
        problem = still_wrong(incident, await self.accounts.get(owner))
        if problem is not None:
            raise IncidentRemains(incident.id, problem)

    async def _owner(self, incident: Incident) -> str | None:
        if incident.account_id not in {None, NOBODY}:
            return incident.account_id
        for name in (*OWNABLE, "invoice"):
            owner = await self.directory.owner_of(incident.about[name]) if name in incident.about else None
            if owner is not None:
                return owner
        return None

    async def reinstate(self, incident: Incident) -> None:
        """Lifts the suspension for the dispute; the account stays suspended for others."""
        now, reason = self.clock.now(), f"dispute:{incident.about['dispute']}"
        await self.accounts.change(
            str(incident.account_id), lambda account: Commit(None, at(account, now, self.catalog).reinstate(reason))
        )

    async def refund(self, incident: Incident, grounds: Grounds) -> None:
        """Gives back what is left of the payment, if anything is: more than that cannot go, so each try is its own, and
        none is answered with what the gateway keeps of one that it refused. Raises what refunding does."""
        payment, owner = incident.about["payment"], await self._owner(incident)
        if owner is None:
            raise IncidentRemains(incident.id, "no account is known to be concerned")
        try:
            done = await self.refunding(owner, RefundWish(payment=payment), grounds)
        except AlreadyRefunded:
            await self.refresh_payment(payment)
            return
        if done.status is RefundStatus.FAILED:
            raise IncidentRemains(incident.id, f"refund {done.id} failed")

    async def cancel_subscription(self, incident: Incident) -> None:
        """Cancels the surplus subscription, with proration. One that counts by now, or has ended, is left alone."""
        account_id, subscription_id = str(incident.account_id), incident.about["subscription"]
        account = await self.accounts.get(account_id)
        if any(other.id == subscription_id for other in surplus_subscriptions(account, self.catalog)):
            await self.cancel_surplus.run({"account_id": account_id, "subscription_id": subscription_id})
            account = await self.accounts.get(account_id)
        known = account.subscription(subscription_id)
        if known is not None and known.is_live and len(surplus_subscriptions(account, self.catalog)) > 0:
            raise IncidentRemains(incident.id, f"{subscription_id} is the one that counts by now")


def still_wrong(incident: Incident, account: Account) -> str | None:
    """What is still wrong once the books have followed; None where nothing is."""
    about = incident.about
    if "dispute" in about:
        told = DisputeStatus.LOST if incident.kind is IncidentKind.DISPUTE_LOST else DisputeStatus.OPEN
        dispute = account.dispute(about["dispute"])
        return f"the dispute is still {told.value}" if dispute is not None and dispute.status is told else None
    is_to_be_booked = incident.kind not in {IncidentKind.FRAUD_WARNING, IncidentKind.PAYMENT_UNDER_REVIEW}
    paid_by = about.get("invoice") or about.get("payment")
    payment = account.payment(paid_by) if paid_by else None
    if incident.kind is IncidentKind.FRAUD_WARNING:
        is_back = payment is not None and payment.refunded_minor > 0
        is_disputed = any(dispute.payment_id == paid_by for dispute in account.disputes)
        return None if is_back or is_disputed else "the payment was neither refunded nor disputed"
    return "it is not booked" if paid_by and payment is None and is_to_be_booked else None
