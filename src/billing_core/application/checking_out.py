"""Opening a hosted checkout: for a plan or for a pack, once per wish."""

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256

from attrs import evolve, frozen

from billing_core.application import tasks
from billing_core.application.requests import RequestKey, cause_of
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt, at
from billing_core.domain.catalog import Catalog, Kind, Price
from billing_core.domain.checkouts import Checkout
from billing_core.domain.errors import CurrencyLocked
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Cause, Commit
from billing_core.ports.errors import UnknownAtGateway
from billing_core.ports.gateway import CheckoutRequest, CheckoutSession, PaymentGateway
from billing_core.ports.records import OwnerClaimed


@frozen(kw_only=True)
class Return:
    """Where the hosted page sends the customer afterwards."""

    success_url: str
    cancel_url: str


@frozen(kw_only=True)
class Wanted:
    """What a customer may buy, after the rules were asked: at which price, and with how long a trial."""

    kind: Kind
    item: str
    price: Price
    version: int
    trial_days: int = 0
    trial_needs_card: bool = True
    promotion_code: str | None = None


@frozen(kw_only=True)
class CheckoutStarted:
    """An open session, and where the customer goes."""

    session_id: str
    url: str


@frozen(kw_only=True)
class Customer:
    """Who buys, as their token told."""

    account_id: str
    email: str
    name: str


@frozen(kw_only=True)
class _Intent:
    """What the first commit found: the wish, what is open already, and the mark that tells repeated wishes apart."""

    wanted: Wanted
    wish: str
    open_session: CheckoutStarted | None
    others: tuple[str, ...]
    customer_id: str | None
    epoch: str


@frozen
class CheckingOut:
    """Opens a session at the gateway. The same wish gets its open session again; another wish ends the open one.

    The gateway is called between two commits: the first asks the rules and keeps the request's fingerprint, the last
    keeps the session. The gateway's idempotency key is made of the wish and the last session, so a repeat or a twin
    finds the very session that the first call opened.
    """

    accounts: AccountRepository
    gateway: PaymentGateway
    catalog: Catalog
    clock: Clock

    async def __call__(
        self,
        customer: Customer,
        decide: Callable[[AccountAt], Wanted],
        back: Return,
        *,
        request: RequestKey | None = None,
    ) -> CheckoutStarted:
        """Raises what `decide` raises, CurrencyLocked, and the port failures."""
        account_id, now = customer.account_id, self.clock.now()

        def intend(account: Account) -> Commit[CheckoutStarted | _Intent]:
            held = at(account, now, self.catalog)
            held.ensure_not_suspended()
            wanted = decide(held)
            ensure_currency(held, wanted.price)
            return Commit(intent_of(held, wanted, back), held.note_profile(email=customer.email, name=customer.name))

        first: Cause[CheckoutStarted | _Intent] | None = cause_of(request, CheckoutStarted, intent_type=_Intent)
        intent = await self.accounts.change(account_id, intend, cause=first)
        if isinstance(intent, CheckoutStarted):
            return intent
        if intent.open_session is not None:
            return await self._keep(account_id, intent.open_session, None, request)
        session = await self._open(customer, intent, back)
        for other in intent.others:
            if other != session.id:
                await self.gateway.expire_checkout(other)
        checkout = Checkout(
            session_id=session.id,
            kind=intent.wanted.kind,
            item=intent.wanted.item,
            price=intent.wanted.price.key,
            version=intent.wanted.version,
            wish=intent.wish,
            url=session.url,
            opened_at=now,
            expires_at=session.expires_at,
        )
        return await self._keep(account_id, CheckoutStarted(session_id=session.id, url=session.url), checkout, request)

    async def expire(self, args: Mapping[str, str]) -> None:
        """The job: ends a session that another one took the place of."""
        await self.gateway.expire_checkout(args["session_id"])

    async def _open(self, customer: Customer, intent: _Intent, back: Return) -> CheckoutSession:
        """For the customer that is known; where that one was deleted at the gateway, for a new one."""
        key = f"checkout:{customer.account_id}:{digest(intent.wish, intent.epoch)}"
        customer_id = intent.customer_id or await self._link(customer)
        request = self._request(customer, customer_id, intent.wanted, back)
        try:
            return await self.gateway.open_checkout(request, idempotency_key=key)
        except UnknownAtGateway:
            newer = await self._link(customer)
            if newer == customer_id:
                raise
        return await self.gateway.open_checkout(evolve(request, customer_id=newer), idempotency_key=f"{key}:{newer}")

    async def _link(self, customer: Customer) -> str:
        """Makes the account's one customer at the gateway and claims it, before anything is sold to it."""
        customer_id = await self.gateway.ensure_customer(customer.account_id, email=customer.email, name=customer.name)
        now = self.clock.now()

        def link(account: Account) -> Commit[None]:
            events = at(account, now, self.catalog).customer_known(customer_id)
            return Commit(None, events, (OwnerClaimed(customer_id), tasks.receive_parked(customer_id)))

        await self.accounts.change(customer.account_id, link)
        return customer_id

    async def _keep(
        self, account_id: str, started: CheckoutStarted, checkout: Checkout | None, request: RequestKey | None
    ) -> CheckoutStarted:
        now: datetime = self.clock.now()

        def keep(account: Account) -> Commit[CheckoutStarted]:
            if checkout is None:
                return Commit(started)
            held = at(account, now, self.catalog)
            events = held.checkout_opened(checkout)
            claimed = (OwnerClaimed(started.session_id), tasks.receive_parked(started.session_id))
            # Among them may be one that a twin opened meanwhile, which the gateway was not asked to end.
            over = (c.session_id for c in open_checkouts(held, checkout.kind) if c.session_id != checkout.session_id)
            return Commit(started, events, (*claimed, *map(tasks.expire_checkout, over)))

        return await self.accounts.change(account_id, keep, cause=cause_of(request, CheckoutStarted))

    def _request(self, customer: Customer, customer_id: str, wanted: Wanted, back: Return) -> CheckoutRequest:
        version = self.catalog.version(wanted.version)
        return CheckoutRequest(
            account_id=customer.account_id,
            customer_id=customer_id,
            kind=wanted.kind,
            item=wanted.item,
            price=wanted.price.key,
            version=wanted.version,
            recurring=wanted.price.interval is not None,
            success_url=back.success_url,
            cancel_url=back.cancel_url,
            trial_days=wanted.trial_days,
            trial_needs_card=wanted.trial_needs_card,
            promotion_code=wanted.promotion_code,
            promotion_codes=version.promotion_codes,
            billing_address=version.billing_address,
            automatic_tax=version.automatic_tax,
            custom_fields=version.custom_fields,
            branding=version.branding,
        )


def ensure_currency(held: AccountAt, price: Price) -> None:
    """Raises CurrencyLocked where the account pays in another currency and has a subscription that goes on.

    An open invoice or a balance at the gateway locks it too; only the gateway knows of those, and raises the same.
    """
    locked = held.account.currency
    goes_on = any(sub.is_live for sub in held.account.subscriptions)
    if goes_on and locked is not None and locked != price.money.currency:
        raise CurrencyLocked(locked)


def intent_of(held: AccountAt, wanted: Wanted, back: Return) -> _Intent:
    """What the account's state says of the wish."""
    wish = digest(wanted.kind.value, wanted.item, wanted.price.key, repr(wanted), repr(back))
    still_open = open_checkouts(held, wanted.kind)
    same = next((c for c in still_open if c.wish == wish), None)
    return _Intent(
        wanted=wanted,
        wish=wish,
        open_session=CheckoutStarted(session_id=same.session_id, url=same.url) if same else None,
        others=tuple(c.session_id for c in still_open if c.wish != wish),
        customer_id=held.account.customer_id,
        epoch=held.account.checkouts[-1].session_id if held.account.checkouts else "",
    )


def open_checkouts(held: AccountAt, kind: Kind) -> list[Checkout]:
    """The account's sessions of that kind that can still be paid, as far as is known."""
    return [c for c in held.account.checkouts if c.kind is kind and c.is_open_at(held.now)]


def digest(*parts: str) -> str:
    """A short name for the parts, such that other parts have another name."""
    return sha256("\x1f".join(parts).encode()).hexdigest()[:32]
