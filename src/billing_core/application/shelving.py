"""Watching that what the catalog sells can be bought at the gateway."""

from collections.abc import Mapping

from attrs import frozen

from billing_core.domain.catalog import Catalog
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.clock import Clock
from billing_core.ports.incidents import Incident, Incidents
from billing_core.ports.shelf import Prices


@frozen
class CheckingShelf:
    """Shows a person each price of the current catalog that nobody can buy any more."""

    prices: Prices
    incidents: Incidents
    catalog: Catalog
    clock: Clock

    async def run(self, args: Mapping[str, str]) -> None:
        """The job. `gone` is the id of the price or product that was taken off the shelf."""
        self.prices.forget()
        on_sale, gone = await self.prices.on_sale(), args["gone"]
        for key in sorted(self.catalog.current.offers.keys() - on_sale):
            await self.incidents.report(
                Incident(
                    key=f"not-on-sale:{gone}:{key}",
                    account_id=None,
                    kind=IncidentKind.NOT_ON_SALE,
                    detail=f"{key} cannot be bought since {gone} was archived or deleted at the gateway",
                    at=self.clock.now(),
                    about={"price": key, "gone": gone},
                )
            )
