"""Links that sell one thing to whoever opens them: at the gateway for strangers, at our own door for a customer."""

from attrs import frozen

from billing_core.application.buying import pack_price
from billing_core.application.checking_out import digest
from billing_core.application.subscribing import sold_price
from billing_core.domain.catalog import Catalog, Interval, Kind, Price
from billing_core.domain.errors import ContactSales, NotForSale
from billing_core.ports.bookmarks import Bookmarks
from billing_core.ports.errors import UnknownAtGateway
from billing_core.ports.gateway import PaymentGateway, PaymentLink, PaymentLinkRequest


@frozen(kw_only=True)
class LinkedOffer:
    """What a link sells: a plan or a pack, at its price in that currency. `interval` is that of a plan."""

    kind: Kind
    item: str
    currency: str
    interval: Interval = Interval.MONTH


@frozen
class Linking:
    """Keeps one link of the gateway's own per price, made anew once it is gone or another catalog is in force."""

    gateway: PaymentGateway
    bookmarks: Bookmarks
    catalog: Catalog

    async def __call__(self, offer: LinkedOffer) -> PaymentLink:
        """Raises UnknownPlan, UnknownPack, NotForSale, ContactSales, and the port failures."""
        price, version = price_of(offer, self.catalog), self.catalog.current
        name, mark = f"payment-link:{price.key}", digest(str(version.number), repr(price))
        kept_mark, _, kept_id = (await self.bookmarks.get(name) or "").partition(" ")
        kept = await self._kept(kept_id) if kept_mark == mark else None
        if kept is not None:
            return kept
        request = PaymentLinkRequest(
            kind=offer.kind,
            item=offer.item,
            price=price.key,
            version=version.number,
            recurring=price.interval is not None,
            promotion_codes=version.promotion_codes,
            billing_address=version.billing_address,
            automatic_tax=version.automatic_tax,
            custom_fields=version.custom_fields,
        )
        link = await self.gateway.open_payment_link(request, idempotency_key=f"{name}:{mark}:{kept_id}")
        await self.bookmarks.set(name, f"{mark} {link.id}")
        return link

    def page_of(self, link_id: str) -> str:
        """The operator's page about it at the gateway."""
        return self.gateway.page_of(link_id)

    async def _kept(self, link_id: str) -> PaymentLink | None:
        try:
            link = await self.gateway.fetch_payment_link(link_id)
        except UnknownAtGateway:
            return None
        return link if link.active else None


def price_of(offer: LinkedOffer, catalog: Catalog) -> Price:
    """What it costs today. Raises UnknownPlan, UnknownPack, NotForSale, ContactSales."""
    version = catalog.current
    if offer.kind is Kind.PACK:
        return pack_price(version, offer.item, offer.currency)
    return sold_price(version, version.plan(offer.item), offer.interval, offer.currency)


def linkable_plans(catalog: Catalog, currency: str, interval: Interval) -> tuple[str, ...]:
    """The plans that a customer can subscribe to by themselves so, lowest first."""
    found = []
    for plan in sorted(catalog.current.plans, key=lambda plan: plan.rank):
        try:
            sold_price(catalog.current, plan, interval, currency)
        except (NotForSale, ContactSales):
            continue
        found.append(plan.key)
    return tuple(found)
