"""What a denial offers: the ways out that really are open to this account."""

from collections.abc import Callable, Iterator
from datetime import datetime

from billing_core.domain.account import Account
from billing_core.domain.catalog import Catalog, Plan
from billing_core.domain.options import Action, Option
from billing_core.domain.plan_in_force import plan_in_force, plan_subscription
from billing_core.domain.subscription import Status

Gives = Callable[[Plan], bool]


def for_credits(account: Account, now: datetime, catalog: Catalog) -> tuple[Option, ...]:
    """Ways to more credits: pay what is open, a plan that gives more, a pack, or the next slot."""
    in_force = plan_in_force(account, now, catalog)
    return (
        *_unpaid(account, catalog),
        *upgrades(in_force.plan, catalog, lambda plan: _gives_more(plan, in_force.plan)),
        *(Option(Action.BUY_PACK, pack=pack.key) for pack in catalog.current.packs),
        *_next_slot(account, now),
    )


def for_entitlement(in_force: Plan, catalog: Catalog, gives: Gives) -> tuple[Option, ...]:
    """Ways to something that the plan does not give: the plans that do."""
    return tuple(upgrades(in_force, catalog, gives))


def upgrades(in_force: Plan, catalog: Catalog, gives: Gives) -> Iterator[Option]:
    """The higher plans that give it, lowest first; one that is not self-serve says whom to ask."""
    for plan in sorted(catalog.current.plans, key=lambda plan: plan.rank):
        if plan.rank > in_force.rank and gives(plan):
            action = Action.CONTACT if plan.contact else Action.UPGRADE
            yield Option(action, tier=plan.key, url=plan.contact)


def _unpaid(account: Account, catalog: Catalog) -> Iterator[Option]:
    sub = plan_subscription(account, catalog)
    if sub is not None and sub.status in {Status.PAST_DUE, Status.UNPAID}:
        yield Option(Action.SETTLE_PAYMENT)


def _gives_more(plan: Plan, than: Plan) -> bool:
    if plan.is_unlimited or than.is_unlimited:
        return plan.is_unlimited
    return isinstance(plan.allotment, int) and isinstance(than.allotment, int) and plan.allotment > than.allotment


def _next_slot(account: Account, now: datetime) -> Iterator[Option]:
    """When the slot in progress ends, the next one brings credits."""
    ends = [t.end for s in account.subscriptions if s.is_live for t in s.tallies if t.contains(now)]
    if not ends and account.free_slot is not None:
        ends = [account.free_slot.end]
    ahead = [end for end in ends if end is not None and end > now]
    if ahead:
        yield Option(Action.WAIT, available_at=min(ahead))
