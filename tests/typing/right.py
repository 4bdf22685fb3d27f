"""How the package is meant to be used. A strict type checker accepts all of it, and knows what each answer is."""

from datetime import timedelta
from typing import assert_type

from billing_core import Billing, BlockingBilling
from billing_core.application.adjusting import Adjusted
from billing_core.application.checking_out import CheckoutStarted
from billing_core.application.explaining import BalanceExplained
from billing_core.application.receiving import Received
from billing_core.application.spending import HoldPlaced
from billing_core.application.viewing import CreditsView, SubscriptionView
from billing_core.domain.account_at import AccountAt
from billing_core.domain.admission import Wish
from billing_core.domain.catalog import Interval
from billing_core.domain.entitlements import Entitlements
from billing_core.domain.errors import BillingError, InsufficientCredits, NotEntitled, RuleViolation
from billing_core.domain.generation import Generation
from billing_core.domain.options import Option
from billing_core.entrypoints.http import create_app
from billing_core.entrypoints.simulated import Paid
from billing_core.ports.images import ImageGenerator, ImageRequest, Made, Watch, unwatched


class Mine:
    """A generator of an embedder's own: it fits the port by its shape."""

    async def generate(self, request: ImageRequest, *, watch: Watch = unwatched) -> Made:
        return Made(pictures=())


async def in_async_code() -> None:
    images: ImageGenerator = Mine()
    async with Billing.open("sqlite:///billing.db", images=images, jobs=False) as billing:
        assert_type(billing, Billing)
        assert_type(await billing.account("ada"), AccountAt)
        assert_type(await billing.subscription("ada"), SubscriptionView)
        assert_type(await billing.credits("ada"), CreditsView)
        assert_type(await billing.entitlements("ada"), Entitlements)
        assert_type(await billing.grant("ada", 5, reason="a present"), Adjusted)
        assert_type(await billing.checkout("ada", tier="basic", interval=Interval.YEAR), CheckoutStarted)
        assert_type(await billing.generate("ada", "a fox", Wish(n=2), wait=timedelta(seconds=9)), Generation)
        assert_type(await billing.generation("ada", "gen_1"), Generation | None)
        assert_type(await billing.explain("ada"), BalanceExplained)
        assert_type(await billing.handle_webhook(b"{}", "t=1,v1=2"), Received)
        async with billing.spend("ada", credits=4, reason="upscale", ttl=timedelta(minutes=1)) as hold:
            assert_type(hold, HoldPlaced)
    async with Billing.behind(create_app()) as billing:
        assert_type(billing, Billing)


def in_code_without_async() -> None:
    with BlockingBilling.open("memory://") as billing:
        assert_type(billing.account("ada"), AccountAt)
        assert_type(billing.subscription("ada"), SubscriptionView)
        assert_type(billing.credits("ada"), CreditsView)
        assert_type(billing.checkout("ada", pack="pack_1k"), CheckoutStarted)
        assert_type(billing.generate("ada", "a fox", wait=timedelta(seconds=9)), Generation)
        assert_type(billing.handle_webhook(b"{}", "t=1,v1=2"), Received)
        assert_type(billing.call(billing.simulation.pay, "cs_1", "4242 4242 4242 4242"), Paid)
        with billing.spend("ada", credits=4, reason="upscale") as hold:
            assert_type(hold, HoldPlaced)


def what_a_denial_tells(error: BillingError) -> tuple[Option, ...]:
    match error:
        case InsufficientCredits():
            assert_type((error.required, error.available), tuple[int, int])
            return error.options
        case NotEntitled():
            return error.options
        case RuleViolation():
            return ()
        case _:
            return ()
