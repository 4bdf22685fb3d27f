"""Canceling a subscription, and thinking better of it."""

from attrs import frozen

from billing_core.application.refreshing import Refreshing
from billing_core.application.requests import RequestKey, cause_of, name_at_gateway
from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.catalog import Catalog
from billing_core.domain.errors import NoSubscription
from billing_core.domain.plan_in_force import plan_subscription
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Cause, Commit
from billing_core.ports.gateway import PaymentGateway
from billing_core.ports.ids import IdSource


@frozen(kw_only=True)
class Canceled:
    """The subscription will end with its period, has ended, or (neither) goes on."""

    subscription_id: str
    cancel_at_period_end: bool
    ended: bool


@frozen
class _Intent:
    """The subscription that the request is about, found before the gateway is asked, and the name of the asking."""

    subscription_id: str
    mark: str = ""


@frozen
class Canceling:
    """Cancels a subscription at the gateway, and lets the books follow at once.

    It is the plan's, unless the id of another one of the account is given, such as a pack's that comes every month.
    """

    accounts: AccountRepository
    gateway: PaymentGateway
    refresh: Refreshing
    catalog: Catalog
    clock: Clock
    ids: IdSource

    async def __call__(
        self,
        account_id: str,
        *,
        at_period_end: bool,
        prorate: bool = False,
        subscription_id: str | None = None,
        request: RequestKey | None = None,
    ) -> Canceled:
        """Raises NoSubscription, IllegalTransition and the port failures."""
        found = await self._ask("cancel", account_id, subscription_id, request)
        if isinstance(found, Canceled):
            return found
        key = f"cancel:{account_id}:{name_at_gateway(found.mark, request)}"
        await self.gateway.cancel(
            found.subscription_id, at_period_end=at_period_end, prorate=prorate, idempotency_key=key
        )
        return await self._answer(account_id, found.subscription_id, request)

    async def resume(
        self, account_id: str, *, subscription_id: str | None = None, request: RequestKey | None = None
    ) -> Canceled:
        """Undoes a cancellation at the period's end. Raises NoSubscription, IllegalTransition."""
        found = await self._ask("resume", account_id, subscription_id, request)
        if isinstance(found, Canceled):
            return found
        key = f"resume:{account_id}:{name_at_gateway(found.mark, request)}"
        await self.gateway.resume(found.subscription_id, idempotency_key=key)
        return await self._answer(account_id, found.subscription_id, request)

    async def _ask(
        self, verb: str, account_id: str, subscription_id: str | None, request: RequestKey | None
    ) -> _Intent | Canceled:
        mark, now = self.ids.new("req"), self.clock.now()

        def ask(account: Account) -> Commit[Canceled | _Intent]:
            held = at(account, now, self.catalog)
            named = held.account.subscription(subscription_id) if subscription_id else None
            sub = named if subscription_id else plan_subscription(held.account, self.catalog)
            if sub is None:
                raise NoSubscription()
            sub.ensure_can(verb)
            return Commit(_Intent(sub.id, mark))

        first: Cause[Canceled | _Intent] | None = cause_of(request, Canceled, intent_type=_Intent)
        return await self.accounts.change(account_id, ask, cause=first)

    async def _answer(self, account_id: str, subscription_id: str, request: RequestKey | None) -> Canceled:
        account = await self.refresh(account_id, subscription_id)
        sub = account.subscription(subscription_id)
        snapshot = sub.snapshot if sub else None
        answer = Canceled(
            subscription_id=subscription_id,
            cancel_at_period_end=bool(snapshot and snapshot.ends_at and not snapshot.status.is_terminal),
            ended=snapshot is None or snapshot.status.is_terminal,
        )
        return await self.accounts.change(account_id, lambda _: Commit(answer), cause=cause_of(request, Canceled))
