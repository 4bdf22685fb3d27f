"""How everything at a glance is shown to operators, over HTTP and on the command line."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import msgspec

from billing_core.application.overseeing import RECENT_DAYS, Glance
from billing_core.domain.figures import Figure
from billing_core.domain.generation import GenerationStatus
from billing_core.domain.guides import GUIDES
from billing_core.domain.incidents import IncidentKind, Severity
from billing_core.domain.money import Money
from billing_core.domain.recurring import NONE
from billing_core.ports.records import CauseStatus


class LiveShape(msgspec.Struct, kw_only=True):
    """How many accounts have a subscription to that plan, in that status."""

    tier: str
    status: str
    accounts: int


class MoneyShape(msgspec.Struct, kw_only=True):
    """An amount in minor units, and as people write it."""

    currency: str
    amount: int
    text: str


class RecentShape(msgspec.Struct, kw_only=True):
    """The last `days` days, today included. `generations` are those accepted in them, by status; `failures` those that
    failed. What was `spent` came from grants, what was `covered` was used under unlimited plans."""

    days: int
    accounts_opened: int
    credits_granted: int
    credits_spent: int
    credits_covered: int
    credits_expired: int
    images: int
    generations: dict[str, int]
    failures: int


class OpenIncidentsShape(msgspec.Struct, kw_only=True):
    """How many incidents are open, by severity and by kind."""

    total: int
    by_severity: dict[str, int]
    by_kind: dict[str, int]


class WebhooksShape(msgspec.Struct, kw_only=True):
    """How many webhooks are not done: failed, tried to the last, or parked until somebody owns what they are about."""

    failed: int
    dead: int
    parked: int


class OverviewShape(msgspec.Struct, kw_only=True):
    """Everything at a glance. `left_out` accounts cannot be read, so what happened to them lately is in no figure."""

    at: datetime
    accounts: int
    live: list[LiveShape]
    mrr: list[MoneyShape]
    credits_outstanding: int
    credits_owed: int
    credits_spent: int
    recent: RecentShape
    incidents: OpenIncidentsShape
    webhooks: WebhooksShape
    left_out: int


def overview_of(glance: Glance) -> OverviewShape:
    """The glance as operators are shown it."""
    return OverviewShape(
        at=glance.at,
        accounts=glance.accounts,
        live=_live(glance),
        mrr=[money_of(Money(amount, currency)) for currency, amount in sorted(glance.monthly.items())],
        credits_outstanding=glance.outstanding,
        credits_owed=glance.debt,
        credits_spent=glance.ever.get(Figure.SPENT, 0),
        recent=_recent(glance.recent, glance.generations),
        incidents=_incidents(glance.incidents),
        webhooks=WebhooksShape(
            failed=glance.webhooks[CauseStatus.FAILED],
            dead=glance.webhooks[CauseStatus.DEAD],
            parked=glance.parked,
        ),
        left_out=glance.left_out,
    )


def money_of(money: Money) -> MoneyShape:
    return MoneyShape(currency=money.currency, amount=money.amount_minor, text=str(money))


def _live(glance: Glance) -> list[LiveShape]:
    accounts = Counter[tuple[str, str]]()
    for each in glance.standings:
        if each.status != NONE:
            accounts[each.plan, each.status] += each.accounts
    return [LiveShape(tier=tier, status=status, accounts=n) for (tier, status), n in sorted(accounts.items())]


def _recent(figures: Mapping[Figure, int], generations: Mapping[GenerationStatus, int]) -> RecentShape:
    return RecentShape(
        days=RECENT_DAYS,
        accounts_opened=figures.get(Figure.OPENED, 0),
        credits_granted=figures.get(Figure.GRANTED, 0),
        credits_spent=figures.get(Figure.SPENT, 0),
        credits_covered=figures.get(Figure.COVERED, 0),
        credits_expired=figures.get(Figure.EXPIRED, 0),
        images=figures.get(Figure.IMAGES, 0),
        generations={status.value: generations.get(status, 0) for status in GenerationStatus},
        failures=generations.get(GenerationStatus.FAILED, 0),
    )


def _incidents(found: Mapping[IncidentKind, int]) -> OpenIncidentsShape:
    severities = Counter[Severity]()
    for kind, count in found.items():
        severities[GUIDES[kind].severity] += count
    return OpenIncidentsShape(
        total=sum(found.values()),
        by_severity={severity.value: severities[severity] for severity in Severity},
        by_kind={kind.value: found[kind] for kind in IncidentKind if found.get(kind)},
    )
