"""Buying a pack of credits."""

from attrs import frozen

from billing_core.application.checking_out import CheckingOut, CheckoutStarted, Customer, Return, Wanted
from billing_core.application.requests import RequestKey
from billing_core.domain.account_at import AccountAt
from billing_core.domain.catalog import CatalogVersion, Kind, Price
from billing_core.domain.errors import NotForSale


@frozen
class Buying:
    """Opens a checkout for a pack, once or again and again as the pack's price says."""

    check_out: CheckingOut

    async def __call__(
        self, customer: Customer, pack: str, currency: str, back: Return, *, request: RequestKey | None = None
    ) -> CheckoutStarted:
        """Raises UnknownPack, NotForSale, CurrencyLocked, AccountSuspended."""
        return await self.check_out(customer, lambda held: wanted_pack(held, pack, currency), back, request=request)


def wanted_pack(held: AccountAt, key: str, currency: str) -> Wanted:
    """The pack at its price in that currency."""
    version = held.catalog.current
    return Wanted(kind=Kind.PACK, item=key, price=pack_price(version, key, currency), version=version.number)


def pack_price(version: CatalogVersion, key: str, currency: str) -> Price:
    """What the pack costs so. Raises UnknownPack, NotForSale."""
    for price in version.pack(key).prices:
        if price.money.currency == currency:
            return price
    raise NotForSale(key)
