"""A shop at Stripe whose one subscription may be changed."""

from datetime import datetime

from billing_core.adapters.stripe.changes import Changes
from billing_core.adapters.stripe.previews import Previews
from billing_core.ports.gateway import ChangeOutcome, ChangeQuote, ChangeStatus, PlanChange, When
from tests.stripe.canned import Answer, page
from tests.stripe.forms import Form
from tests.stripe.samples import MIDDLE, Json, seconds
from tests.stripe.shop import PRO, StripeShop, a_running_subscription, a_schedule, an_item
from tests.stripe.till import a_fetched_invoice, an_intent, by_intent

SUB = "/v1/subscriptions/sub_1"
PREVIEW = "/v1/invoices/create_preview"
SCHEDULES = "/v1/subscription_schedules"
SCHEDULE = f"{SCHEDULES}/sub_sched_1"
RELEASE = f"{SCHEDULE}/release"
VOID = "/v1/invoices/in_2/void"
PENDING = {"expires_at": seconds(MIDDLE)}
DONE = ChangeOutcome(status=ChangeStatus.DONE)
MOVED = a_running_subscription(an_item(PRO))
WAITS = a_running_subscription(pending_update=PENDING, latest_invoice="in_2")


class Counter(StripeShop):
    """A shop whose one subscription may be changed."""

    def __init__(self, **over: object) -> None:
        super().__init__()
        self.on("GET", SUB, a_running_subscription(**over))
        self.on("POST", SUB, MOVED)
        self.on("POST", SCHEDULES, a_schedule("price_basic"))
        self.on("POST", SCHEDULE, a_schedule("price_basic", "price_pro"))
        self.on("POST", RELEASE, a_schedule("price_basic", "price_pro", status="released"))
        self.on("POST", VOID, a_fetched_invoice(status="void"))
        self.on("GET", "/v1/payment_intents/pi_1", an_intent(status="requires_payment_method"))
        self.changing, self.previewing = Changes(self.api, self.book), Previews(self.api, self.book)

    def waiting(self, intent: Json, **invoice: object) -> "Counter":
        """The change waits for an invoice that was not paid at once."""
        self.on("POST", SUB, WAITS)
        payments = page(by_intent(status="open"))
        self.on("GET", "/v1/invoices/in_2", a_fetched_invoice(id="in_2", payments=payments, **invoice))
        return self.say("GET", "/v1/payment_intents/pi_1", intent)

    def say(self, method: str, path: str, *answers: Answer) -> "Counter":
        self.on(method, path, *answers)
        return self

    async def change(
        self, price: str = "pro_month", when: When = When.NOW, as_of: datetime | None = MIDDLE, key: str = "k"
    ) -> ChangeOutcome:
        wish = PlanChange(subscription_id="sub_1", price=price, when=when, as_of=as_of)
        return await self.changing.change_plan(wish, idempotency_key=key)

    async def preview(
        self, price: str = "pro_month", when: When = When.NOW, as_of: datetime | None = MIDDLE
    ) -> ChangeQuote:
        return await self.previewing.preview_change(
            PlanChange(subscription_id="sub_1", price=price, when=when, as_of=as_of)
        )


def declining(code: str | None = "insufficient_funds") -> Json:
    return an_intent(
        status="requires_payment_method", last_payment_error={"code": "card_declined", "decline_code": code}
    )


def within(form: Form, *names: str) -> object:
    """What stands at the end of the path."""
    told: object = form
    for name in names:
        assert isinstance(told, dict)
        told = told[name]
    return told
