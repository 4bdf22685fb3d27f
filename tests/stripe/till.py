"""Payments at Stripe, written by hand: intents, the invoices that they pay, and a shop that answers of them."""

from billing_core.adapters.stripe.payments import Payments
from billing_core.ports.gateway import PaymentState
from tests.stripe.canned import page
from tests.stripe.samples import NOW, Json, a_charge, a_line, an_invoice, seconds
from tests.stripe.shop import StripeShop


def an_intent(intent_id: str = "pi_1", amount: int = 900, **over: object) -> Json:
    charge = a_charge(outcome={"risk_level": "normal"}, payment_intent=intent_id)
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount_received": amount,
        "created": seconds(NOW),
        "currency": "usd",
        "customer": "cus_1",
        "latest_charge": charge,
        "status": "succeeded",
        **over,
    }


def by_intent(intent_id: str = "pi_1", status: str = "paid") -> Json:
    payment = {"type": "payment_intent", "payment_intent": intent_id, "charge": None}
    return {"id": f"inpay_{intent_id}", "object": "invoice_payment", "invoice": "in_1", "payment": payment} | {
        "status": status
    }


class Till(StripeShop):
    """A shop with payments in it."""

    def __init__(self, *intents: Json) -> None:
        super().__init__()
        for path in ("invoice_payments", "refunds", "disputes", "checkout/sessions"):
            self.on("GET", f"/v1/{path}", page())
        for intent in intents or (an_intent(),):
            self.on("GET", f"/v1/payment_intents/{intent['id']}", intent)

    def invoiced(self, *intents: str, **over: object) -> "Till":
        """The intents paid an invoice."""
        self.on("GET", "/v1/invoices/in_1", a_fetched_invoice(a_line(pricing=priced("price_basic")), **over))
        payments = page(*[by_intent(intent_id) for intent_id in intents or ("pi_1",)])
        return self.having("invoice_payments", payments)

    def having(self, path: str, answer: Json) -> "Till":
        self.on("GET", f"/v1/{path}", answer)
        return self

    def refunded(self, **refunds: list[Json]) -> "Till":
        """By the intent that they are of."""
        self.on("GET", "/v1/refunds", lambda form: page(*refunds.get(str(form["payment_intent"]), [])))
        return self

    async def state(self, payment: str = "pi_1") -> PaymentState:
        return await Payments(self.api, self.book).fetch_payment(payment, now=NOW)


def a_fetched_invoice(*lines: Json, **over: object) -> Json:
    return an_invoice(*lines, created=seconds(NOW), **over)


def priced(price_id: str) -> Json:
    return {"type": "price_details", "price_details": {"price": price_id, "product": "prod_1"}}
