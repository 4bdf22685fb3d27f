"""Prices, and the packs, which are little but prices and a number of credits."""

from collections.abc import Iterator
from datetime import timedelta

from billing_core.adapters.catalog_file.section import MOST_DAYS, Section
from billing_core.adapters.catalog_file.shapes import CURRENCY, INTERVAL, KEY
from billing_core.domain.catalog import Interval, Pack, Price
from billing_core.domain.money import Money


def packs(file: Section) -> Iterator[Pack]:
    """What stands under `[packs.…]`."""
    with file.table("packs") as named:
        for key, section in named.named_tables(KEY):
            with section:
                yield _pack(key, section)


def prices(section: Section, *, recurring: bool) -> Iterator[Price]:
    """What stands under `[[….prices]]`. A plan's price recurs; a pack's does with an `interval`."""
    for each in section.tables("prices"):
        with each:
            yield Price(
                key=each.text("key", shape=KEY),
                money=Money(each.whole("amount_minor", least=1), each.text("currency", shape=CURRENCY)),
                interval=Interval(each.text("interval", shape=INTERVAL)) if recurring or "interval" in each else None,
                old_id=each.whole("old_id", least=1) if "old_id" in each else None,
            )


def _pack(key: str, section: Section) -> Pack:
    return Pack(
        key=key,
        name=section.text("name"),
        credits=section.whole("credits", least=1),
        prices=tuple(prices(section, recurring=False)),
        lasts=days(section, "lasts_days"),
    )


def days(section: Section, key: str) -> timedelta | None:
    """That many days, where the key is there."""
    return timedelta(days=section.whole(key, least=1, most=MOST_DAYS)) if key in section else None
