"""From the text of a catalog file to a CatalogVersion: each table by itself, then what they say about each other."""

from datetime import datetime, timedelta

from billing_core.adapters.catalog_file.checkout import branding, custom_fields
from billing_core.adapters.catalog_file.models import models, rates
from billing_core.adapters.catalog_file.plans import plans
from billing_core.adapters.catalog_file.prices import packs
from billing_core.adapters.catalog_file.reading import read
from billing_core.adapters.catalog_file.references import Tables, check
from billing_core.adapters.catalog_file.section import MOST_DAYS, Section
from billing_core.domain.catalog import CatalogVersion


def decode(text: str, *, number: int, since: datetime) -> CatalogVersion:
    """The version that the text describes. Its number and date are told by whoever keeps the texts.

    Raises CatalogError with every problem that could be found, each with its line and key.
    """
    tree, reading = read(text)
    with Section(tree, path=(), reading=reading) as file:
        tables = Tables(
            plans=tuple(plans(file)),
            packs=tuple(packs(file)),
            models=tuple(models(file)),
            rates=tuple(rates(file)),
        )
        grace = timedelta(days=file.whole("grace_days", most=MOST_DAYS, default=3))
        with file.table("checkout") as checkout:
            promotion_codes = checkout.flag("promotion_codes", default=False)
            billing_address = checkout.flag("billing_address", default=False)
            automatic_tax = checkout.flag("automatic_tax", default=False)
            asked, look = tuple(custom_fields(checkout)), branding(checkout)
    check(tables, reading)
    reading.raise_problems()
    return CatalogVersion(
        number=number,
        since=since,
        plans=tables.plans,
        packs=tables.packs,
        rates=tables.rates,
        models=tables.models,
        grace=grace,
        promotion_codes=promotion_codes,
        billing_address=billing_address,
        automatic_tax=automatic_tax,
        custom_fields=asked,
        branding=look,
    )
