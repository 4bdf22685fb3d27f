"""A stocked shop at the simulated Stripe: what `sync-products` would have written, for any catalog."""

from datetime import timedelta

from attrs import define, evolve, field

from billing_core.adapters.catalog_file import builtin_text, decode
from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.stripe.shelf import StripeShelf
from billing_core.domain.catalog import UNLIMITED, Catalog, Interval, Plan, Price
from billing_core.ports.shelf import ShelfChange
from billing_core.testing.builders import BASIC, FREE, NEW_YEAR, PREMIUM, PRO, a_pack, a_plan, a_version, usd
from billing_core.testing.contracts.gateway import SHOP
from tests.shops.simulated import SECRET, Receiver, SetClock
from tests.stripe.gateway import an_api
from tests.stripe.spec import Checked

LATER = NEW_YEAR + timedelta(days=10)
LONG = a_plan("long", rank=7, allotment=UNLIMITED, features=tuple(f"{n} {'x' * 100}" for n in range(20)))
SOLD_BY_PEOPLE = a_plan("people", rank=8, allotment=9, contact="mailto:sales@shop.test")


@define
class Stocked:
    """A shop whose catalog can become another one."""

    catalog: Catalog
    stripe: SimulatedStripe = field(init=False)
    shelf: StripeShelf = field(init=False)

    def __attrs_post_init__(self) -> None:
        clock = SetClock(at=LATER)
        self.stripe = SimulatedStripe(lambda: self.catalog, clock, SECRET, "http://shop.test", Receiver())
        self.shelf = StripeShelf(an_api(Checked(self.stripe.answer)))

    async def lacks(self) -> tuple[ShelfChange, ...]:
        """What `sync-products` would do about it."""
        return await self.shelf.compare(self.catalog.current)


def of(*plans: Plan) -> Catalog:
    return Catalog([a_version(plans=plans)])


async def test_nothing_is_left_to_be_synchronized() -> None:
    builtin = Catalog([decode(builtin_text(), number=1, since=NEW_YEAR)])
    for catalog in (SHOP, builtin, of(FREE, BASIC, LONG, SOLD_BY_PEOPLE), of(FREE)):
        assert () == await Stocked(catalog).lacks()


async def test_nor_is_anything_after_the_catalog_has_changed() -> None:
    shop = Stocked(of(FREE, BASIC, PRO, PREMIUM))
    assert () == await shop.lacks()
    dearer = evolve(PRO, prices=tuple(evolve(price, money=usd(9900)) for price in PRO.prices), name="Professional")
    basic = evolve(BASIC, features=("new",), prices=(*BASIC.prices, Price("basic-dear", usd(77777), Interval.YEAR)))
    first = a_version(plans=(FREE, BASIC, PRO, PREMIUM))
    shop.catalog = Catalog([first, a_version(plans=(FREE, basic, dearer), packs=(a_pack("more"),), since=LATER)])

    assert () == await shop.lacks()


async def test_the_portal_lets_customers_move_between_plans() -> None:
    shop = Stocked(SHOP)
    await shop.lacks()
    portal = (await shop.stripe.state()).portal_configurations["bpc_default"]
    offered = portal.features["subscription_update"]["products"]

    assert {"billing_core": "default"} == portal.metadata
    assert {price for product in offered for price in product["prices"]} >= {"price_basic_month", "price_pro_month"}
