"""What stands under `[plans.…]`."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from attrs import fields

from billing_core.adapters.catalog_file.prices import days, prices
from billing_core.adapters.catalog_file.section import MOST_DAYS, Section
from billing_core.adapters.catalog_file.shapes import KEY, SIZE
from billing_core.domain.catalog import UNLIMITED, Plan, Trial
from billing_core.domain.entitlements import Entitlements

# An entitlement of the catalog's own may not hide one that every plan has.
TAKEN = frozenset(attribute.name for attribute in fields(Entitlements))
MOST_RANK = 1_000
MOST_MINUTES = 7 * 24 * 60


def plans(file: Section) -> Iterator[Plan]:
    """The plans, in the order in which they stand."""
    with file.table("plans") as named:
        for key, section in named.named_tables(KEY):
            with section:
                yield _plan(key, section)


def _plan(key: str, section: Section) -> Plan:
    return Plan(
        key=key,
        name=section.text("name"),
        rank=section.whole("rank", most=MOST_RANK),
        allotment=section.limit("credits_per_month"),
        prices=tuple(prices(section, recurring=True)),
        features=section.texts("features"),
        models=section.texts("models", shape=KEY),
        sizes=section.texts("sizes", shape=SIZE),
        qualities=section.texts("qualities", shape=KEY),
        default_model=section.text("default_model", shape=KEY),
        default_size=section.text("default_size", shape=SIZE),
        default_quality=section.text("default_quality", shape=KEY),
        images_per_request=section.whole("images_per_request", least=1, most=100, default=1),
        images_per_day=section.limit("images_per_day", default=UNLIMITED),
        max_concurrent=section.whole("max_concurrent", least=1, most=1_000, default=1),
        max_holds=section.whole("max_holds", least=1, most=1_000, default=20),
        queue_timeout=timedelta(minutes=section.whole("queue_timeout_minutes", least=1, most=MOST_MINUTES, default=30)),
        priority=section.whole("priority", most=1_000, default=0),
        watermark=section.flag("watermark", default=False),
        entitlements=_entitlements(section),
        initial_credits=section.whole("initial_credits", least=1) if "initial_credits" in section else None,
        initial_lasts=days(section, "initial_lasts_days"),
        trial=_trial(section) if "trial" in section else None,
        contact=section.text("contact") if "contact" in section else None,
    )


def _trial(plan: Section) -> Trial:
    with plan.table("trial") as section:
        return Trial(
            days=section.whole("days", least=1, most=MOST_DAYS),
            credits=section.whole("credits") if "credits" in section else None,
            needs_card=section.flag("needs_card", default=True),
        )


def _entitlements(plan: Section) -> Mapping[str, str | int | bool]:
    given: dict[str, str | int | bool] = {}
    with plan.table("entitlements") as section:
        for key in section.names():
            if not KEY.fits(key):
                section.blame(key, f"must be called by {KEY.wanted}")
            elif key in TAKEN:
                section.blame(key, "is something that every plan has: set it in the plan itself")
            elif (value := section.scalar(key)) is not None:
                given[key] = value
    return given
