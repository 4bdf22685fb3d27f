"""Laws of the simulated Stripe's subscriptions, whatever is asked of one over the API, in whatever order."""

from typing import Any

from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shops.simulated import ASKS, DECLINES_LATER, GOOD
from tests.stripe.simulated_api import Api

SETTLES, BOUNCES = "000123456789", "000222222222"
PRICES = ("price_basic_month", "price_pro_month", "price_basic_year", "price_pro_year")

changes = st.tuples(
    st.just("change"),
    st.fixed_dictionaries(
        {
            "price": st.sampled_from(PRICES),
            "quantity": st.sampled_from([1, 2, None]),
            "proration_behavior": st.sampled_from(["always_invoice", "create_prorations", "none"]),
            "payment_behavior": st.sampled_from(["pending_if_incomplete", "allow_incomplete", "error_if_incomplete"]),
            "cancel_at_period_end": st.sampled_from([True, False, None]),
        }
    ),
)
PLANS = ("plan", "release", "end", "restart", "cancel")
RESTING = ("pause", "resume", "hold_back", "collect")
PAYING = ("card", "void", "pay", "write_off", "elsewhere")
others = st.tuples(st.sampled_from(["later", *PLANS, *RESTING, *PAYING]), st.integers(0, 9))
stories = st.lists(st.one_of(changes, others, others), max_size=12)


@define
class Story:
    """One subscription, of which things are asked; what Stripe refuses is refused."""

    api: Api
    sub: str
    refusals: list[str] = field(factory=list)

    @property
    def path(self) -> str:
        return f"/v1/subscriptions/{self.sub}"

    async def ask(self, method: str, path: str, **params: Any) -> Any:
        """The answer; None where it is a refusal, which is never that of a broken server."""
        status, answer = await self.api.ask(method, path, params)
        assert status in {200, 400, 402, 404}, answer
        if status != 200:
            self.refusals.append(answer["error"]["message"])
        return answer if status == 200 else None

    async def now(self) -> Any:
        return await self.api.get(self.path, expand=["schedule", "latest_invoice"])

    async def change(self, wish: dict[str, Any]) -> None:
        item = (await self.now())["items"]["data"][0]["id"]
        about_item = {"id": item, "price": wish["price"], "quantity": wish["quantity"]}
        rest = {name: value for name, value in wish.items() if name not in {"price", "quantity"}}
        await self.ask("POST", self.path, items=[about_item], **rest)

    async def later(self, n: int) -> None:
        await self.api.shop.later(days=4 * n, hours=n)

    async def card(self, n: int) -> None:
        await self.api.shop.replaced((GOOD, DECLINES_LATER, ASKS, SETTLES, BOUNCES)[n % 5])

    async def plan(self, n: int) -> None:
        schedule = await self.ask("POST", "/v1/subscription_schedules", from_subscription=self.sub)
        if schedule is not None:
            (phase,) = schedule["phases"]
            item = {"price": phase["items"][0]["price"], "quantity": phase["items"][0]["quantity"]}
            stays = {"items": [item], "start_date": phase["start_date"], "end_date": phase["end_date"]}
            moves = {"items": [{"price": PRICES[n % 4], "quantity": 1 + n % 2}]}
            path = f"/v1/subscription_schedules/{schedule['id']}"
            await self.ask("POST", path, phases=[stays, moves], end_behavior=("release", "cancel")[n // 9])

    async def release(self, n: int) -> None:
        schedule = (await self.now())["schedule"]
        if schedule is not None:
            await self.ask("POST", f"/v1/subscription_schedules/{schedule['id']}/release")

    async def void(self, n: int) -> None:
        await self.ask("POST", f"/v1/invoices/{(await self.now())['latest_invoice']['id']}/void")

    async def pay(self, n: int) -> None:
        await self.ask("POST", f"/v1/invoices/{(await self.now())['latest_invoice']['id']}/pay")

    async def end(self, n: int) -> None:
        at = int(self.api.shop.clock.at.timestamp()) + 86400 * (n + 1)
        await self.ask("POST", self.path, **({"cancel_at": at} if n % 2 else {"cancel_at_period_end": True}))

    async def restart(self, n: int) -> None:
        await self.ask("POST", self.path, cancel_at="")

    async def pause(self, n: int) -> None:
        since = ("now", "none", "item_current_period_start")[n % 3]
        behavior = ("invoice", "pending_invoice_item")[n % 2]
        told = {"bill_for": {"unused_time_from": {"type": since}}, "invoicing_behavior": behavior}
        await self.ask("POST", f"{self.path}/pause", **told)

    async def resume(self, n: int) -> None:
        told = {
            "billing_cycle_anchor": {"type": ("now", "unchanged")[n % 2]},
            "proration_behavior": ("always_invoice", "create_prorations", "none")[n % 3],
            "payment_behavior": f"resume_on_payment_{('attempt', 'success')[n // 5]}",
        }
        await self.ask("POST", f"{self.path}/resume", **told)

    async def hold_back(self, n: int) -> None:
        at = int(self.api.shop.clock.at.timestamp()) + 86400 * 9 * n
        behavior = ("keep_as_draft", "mark_uncollectible", "void")[n % 3]
        await self.ask("POST", self.path, pause_collection={"behavior": behavior, "resumes_at": at if n % 2 else None})

    async def collect(self, n: int) -> None:
        await self.ask("POST", self.path, pause_collection="")

    async def write_off(self, n: int) -> None:
        await self.ask("POST", f"/v1/invoices/{(await self.now())['latest_invoice']['id']}/mark_uncollectible")

    async def elsewhere(self, n: int) -> None:
        await self.ask("POST", f"/v1/invoices/{(await self.now())['latest_invoice']['id']}/pay", paid_out_of_band=True)

    async def cancel(self, n: int) -> None:
        if n < 2:
            await self.ask("DELETE", self.path, invoice_now=True, prorate=n == 1)


async def told(story: list[tuple[str, Any]]) -> Story:
    api = Api()
    teller = Story(api, await api.shop.subscribed())
    for name, what in story:
        await getattr(teller, name)(what)
        await obeys_its_laws(teller)
    return teller


async def obeys_its_laws(story: Story) -> None:
    sub = await story.now()
    item, invoice, schedule = sub["items"]["data"][0], sub["latest_invoice"], sub["schedule"]
    now = int(story.api.shop.clock.at.timestamp())
    if sub["status"] in {"active", "past_due", "trialing"}:
        assert item["current_period_start"] <= now < item["current_period_end"]
    if sub["pending_update"] is not None:
        assert ("open", True) == (invoice["status"], now < sub["pending_update"]["expires_at"])
    if schedule is not None and schedule["status"] == "active":
        (phase,) = [p for p in schedule["phases"] if p["start_date"] <= now < p["end_date"]]
        assert [(item["price"]["id"], item["quantity"])] == [(x["price"], x["quantity"]) for x in phase["items"]]
    assert (sub["status"] == "paused") is (sub["status_details"] is not None)
    assert sub["pause_collection"] is None or (sub["pause_collection"]["resumes_at"] or now + 1) > now
    assert (sub["status"] == "canceled") is (sub["ended_at"] is not None)
    assert sub["cancel_at"] is None or sub["cancel_at"] > now


@settings(max_examples=settings().max_examples // 4)
@given(story=stories)
async def test_a_subscription_obeys_its_laws_after_every_request(story: list[tuple[str, Any]]) -> None:
    teller = await told(story)
    await teller.api.told()


@settings(max_examples=settings().max_examples // 4)
@given(story=stories)
async def test_every_invoice_is_paid_by_money_and_balance_to_the_cent(story: list[tuple[str, Any]]) -> None:
    teller = await told(story)
    invoices = (await teller.api.get("/v1/invoices", limit=100))["data"]
    for invoice in invoices:
        assert invoice["total"] == sum(line.net for line in (await lines(teller, invoice["id"])))
        if invoice["status"] in {"open", "paid", "uncollectible"}:
            used = invoice["ending_balance"] - invoice["starting_balance"]
            assert invoice["total"] - used == invoice["amount_due"]
    kept = [invoice for invoice in invoices if invoice["status"] in {"open", "paid", "uncollectible"}]
    used = sum(invoice["ending_balance"] - invoice["starting_balance"] for invoice in kept)
    assert used == await teller.api.shop.balance()


async def lines(story: Story, invoice: str) -> Any:
    return (await story.api.shop.stripe.state()).invoices[invoice].lines
