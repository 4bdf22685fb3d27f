"""An existing business is brought in: completely, once, and without touching it."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from attrs import evolve

from billing_core.adapters.memory.books import MemoryBooks
from billing_core.application.changing import ChangeWish
from billing_core.application.importing import BOOKMARK, Importing
from billing_core.application.naming import Naming
from billing_core.application.results import Outcome, Result
from billing_core.domain.catalog import Interval
from billing_core.domain.errors import InvalidValue
from billing_core.domain.subscription import Status
from billing_core.entrypoints.keeping_step import importing_of
from billing_core.ports.archive import Unreadable
from billing_core.ports.errors import Unavailable
from billing_core.ports.gateway import When
from billing_core.testing.builders import NEW_YEAR, day
from tests.shops.archive import JULY, KeptArchive, a_business, a_gateway_customer, a_paid_invoice, a_sold
from tests.shops.quiet import QuietShop as Shop
from tests.shops.use_case import MortalAccounts
from tests.shops.use_case import Shop as SellingShop

NOW = day(2026, 7, 15)
FREE_CREDITS = 10
BY_CUSTOMER = Naming()


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.clock.advance(NOW - shop.clock.now())
    return shop


def importing(shop: Shop, archive: KeptArchive) -> Importing:
    books = shop.memory
    return Importing(
        shop.accounts, books.directory, books.bookmarks, books.incidents, archive, shop.catalog, shop.clock
    )


async def imported(
    shop: Shop, archive: KeptArchive, naming: Naming = BY_CUSTOMER, *, dry_run: bool = False
) -> list[Result]:
    return [one async for one in importing(shop, archive)(naming, dry_run=dry_run)]


def counts(results: list[Result]) -> dict[str, int]:
    return dict(Counter(f"{result.kind} {result.outcome.value}" for result in results))


async def test_a_customer_becomes_an_account_with_plan_credits_and_profile(shop: Shop) -> None:
    results = await imported(shop, a_business())

    assert {"customer new": 1, "subscription new": 1, "invoice new": 1} == counts(results)
    assert "basic" == await shop.plan("cus_1")
    assert FREE_CREDITS + 200 == await shop.available("cus_1")
    account = await shop.kept("cus_1")
    assert ("cus_1", "c1@app.example", "Customer 1") == (account.customer_id, account.email, account.name)
    assert "cus_1" == await shop.memory.directory.owner_of("cus_1") == await shop.memory.directory.owner_of("sub_1")
    await shop.proven("cus_1")


async def test_a_second_run_changes_nothing(shop: Shop) -> None:
    archive = a_business(3)
    await imported(shop, archive)
    before, jobs = await shop.written(), shop.jobs()
    shop.clock.advance(timedelta(days=1))

    again = await imported(shop, archive)

    assert {"customer unchanged": 3, "subscription unchanged": 3, "invoice unchanged": 3} == counts(again)
    assert before == await shop.written()
    assert jobs == shop.jobs()


@pytest.mark.parametrize("breaks_after", range(0, 900, 75))
async def test_a_run_that_broke_off_is_gone_on_with(shop: Shop, breaks_after: int) -> None:
    archive = a_business(300)
    archive.breaks_after = breaks_after
    with pytest.raises(Unavailable):
        await imported(shop, archive)
    told_before = archive.told

    await imported(shop, archive)

    assert archive.told <= 900 + 100  # no page but the broken one is read again
    assert told_before == breaks_after
    assert {FREE_CREDITS + 200} == {await shop.available(f"cus_{n}") for n in range(1, 301)}
    assert "" == await shop.memory.bookmarks.get(BOOKMARK)


@pytest.mark.parametrize("unavailable_at", [1, 5, 9])
async def test_a_run_whose_books_went_down_within_a_page_is_gone_on_with(shop: Shop, unavailable_at: int) -> None:
    shop.accounts.unavailable_at = unavailable_at
    archive = a_business(3)
    with pytest.raises(Unavailable):
        await imported(shop, archive)

    await imported(shop, archive)

    assert {FREE_CREDITS + 200} == {await shop.available(f"cus_{n}") for n in range(1, 4)}
    assert [] == await shop.incidents()


async def test_where_the_bookmarked_object_is_gone_the_stage_begins_anew(shop: Shop) -> None:
    archive = a_business(200)
    archive.breaks_after = 150
    with pytest.raises(Unavailable):
        await imported(shop, archive)
    del archive.kept_customers[99]

    results = await imported(shop, archive)

    assert 100 == counts(results)["customer unchanged"] + 1
    assert 100 == counts(results)["customer new"]


async def test_a_year_that_is_half_over_brings_the_month_in_progress(shop: Shop) -> None:
    archive = KeptArchive(
        [a_gateway_customer()],
        [a_sold(price="basic-year", period_start=NEW_YEAR)],
        [a_paid_invoice(months=12, price="basic-year")],
    )

    results = await imported(shop, archive)

    assert {"customer new": 1, "subscription new": 1, "invoice new": 1} == counts(results)
    assert FREE_CREDITS + 200 == await shop.available("cus_1")
    shop.clock.advance(timedelta(days=31))
    assert 200 == await shop.available("cus_1")


async def test_what_went_back_of_a_year_is_asked_for_where_it_may_be_long_ago(shop: Shop) -> None:
    archive = a_business(2)
    archive.kept_subscriptions[1] = a_sold(price="basic-year", period_start=NEW_YEAR)
    archive.kept_invoices[1] = a_paid_invoice(months=12, price="basic-year")

    for _ in range(2):
        await imported(shop, archive)

    assert ["in_1_20260101"] == [job.args["payment"] for job in shop.jobs("refresh-payment")]


async def test_a_year_of_which_half_went_back_long_ago_gives_half_of_each_month() -> None:
    shop = SellingShop()
    await shop.subscribed(interval=Interval.YEAR)
    await half_goes_back(shop)
    await shop.later(timedelta(days=100))

    await brought_into_new_books(shop)

    assert FREE_CREDITS + 200 / 2 == await shop.available()
    await shop.proven()


@pytest.mark.parametrize("path", ["/v1/refunds", "/v1/credit_notes"])
async def test_a_year_that_was_left_behind_for_months_gives_nothing_when_half_of_it_goes_back(path: str) -> None:
    shop = SellingShop()
    await shop.subscribed(interval=Interval.YEAR)
    await shop.later(timedelta(days=20))
    await shop.changed(ChangeWish(tier="pro", interval=Interval.MONTH, when=When.NOW))
    await shop.later(timedelta(days=100))
    await brought_into_new_books(shop)
    before = await shop.available()

    await half_goes_back(shop, path)

    assert FREE_CREDITS + 500 == before == await shop.available()
    await shop.proven()


async def half_goes_back(shop: SellingShop, path: str = "/v1/refunds") -> None:
    """Half of the first payment: to the card, or to the customer's balance."""
    state = await shop.stripe.state()
    of = {"payment_intent": next(iter(state.intents))}
    if path == "/v1/credit_notes":
        of = {"invoice": next(iter(state.invoices)), "credit_amount": "5000"}
    body = urlencode({"amount": "5000", **of}).encode()
    status, *_ = await shop.stripe.answer("POST", path, {"Authorization": "Bearer sk_test_x"}, body)
    assert 200 == status
    await shop.settle()


async def brought_into_new_books(shop: SellingShop) -> None:
    shop.memory = MemoryBooks(shop.described, now=shop.clock.now)
    shop.accounts = MortalAccounts(shop.memory.accounts)
    shop.wire(shop.catalog)
    await shop.serving()
    _ = [one async for one in importing_of(shop.use)(BY_CUSTOMER)]
    await shop.settle()


async def test_invoices_of_periods_that_are_over_give_nothing_and_the_last_one_keeps_the_plan(shop: Shop) -> None:
    archive = a_business()
    archive.kept_subscriptions = [a_sold(status=Status.PAST_DUE, period_start=day(2026, 7, 14))]
    archive.kept_invoices = [a_paid_invoice(start=day(2026, 6, 14)), a_paid_invoice(start=day(2026, 5, 14))]

    results = await imported(shop, archive)

    assert (1, 1) == (counts(results)["invoice new"], counts(results)["invoice skipped"])
    assert "basic" == await shop.plan("cus_1")
    assert FREE_CREDITS == await shop.available("cus_1")


async def test_one_that_ended_is_remembered_as_ended(shop: Shop) -> None:
    archive = a_business()
    archive.kept_subscriptions = [a_sold(status=Status.CANCELED, ended_at=JULY)]

    results = await imported(shop, archive)

    assert {"customer new": 1, "subscription new": 1, "invoice new": 1} == counts(results)
    assert FREE_CREDITS == await shop.available("cus_1")
    assert "free" == await shop.plan("cus_1")


async def test_one_that_ended_long_ago_is_left_behind_each_time(shop: Shop) -> None:
    archive = a_business()
    archive.kept_subscriptions = [a_sold(status=Status.CANCELED, created_at=day(2025, 1, 1), ended_at=day(2025, 6, 1))]

    for _ in range(2):
        assert 1 == counts(await imported(shop, archive))["subscription skipped"]


@pytest.mark.parametrize(
    ("source", "account"),
    [("customer", "cus_1"), ("email", "c1@app.example"), ("metadata.user_id", "u-1")],
)
async def test_the_account_is_named_as_the_operator_says(shop: Shop, source: str, account: str) -> None:
    archive = a_business()
    archive.kept_customers = [a_gateway_customer(user_id="u-1")]

    await imported(shop, archive, Naming(source))

    assert account == await shop.memory.directory.owner_of("cus_1")
    assert "basic" == await shop.plan(account)


async def test_what_we_put_at_the_gateway_goes_before_what_the_operator_says(shop: Shop) -> None:
    archive = a_business()
    archive.kept_customers = [a_gateway_customer(account_id="ann")]

    await imported(shop, archive, Naming("email"))

    assert "ann" == await shop.memory.directory.owner_of("cus_1")


@pytest.mark.parametrize("source", ["", "name", "metadata", "metadata."])
def test_an_unknown_source_of_names_is_refused(source: str) -> None:
    with pytest.raises(InvalidValue):
        Naming(source)


@pytest.mark.parametrize("user_id", ["", "@nobody", "x" * 256, "nul\0"])
async def test_a_customer_without_a_usable_name_waits_for_a_person(shop: Shop, user_id: str) -> None:
    archive = a_business()
    archive.kept_customers = [a_gateway_customer(user_id=user_id)]

    results = await imported(shop, archive, Naming("metadata.user_id"))

    assert {"customer no_account": 1, "subscription no_account": 1, "invoice skipped": 1} == counts(results)
    assert ["import_no_account"] * 2 == await shop.incidents()
    assert [] == await shop.written()


async def test_a_customer_that_another_account_has_stays_with_it(shop: Shop) -> None:
    archive = a_business()
    await imported(shop, archive)

    results = await imported(shop, archive, Naming("email"))

    (told,) = [result for result in results if result.outcome is Outcome.CONFLICT]
    assert "belongs to the account cus_1, not to c1@app.example" == told.detail
    assert "cus_1" == await shop.memory.directory.owner_of("cus_1")
    assert 1 == len(await shop.written())


async def test_an_account_keeps_the_one_customer_that_it_has(shop: Shop) -> None:
    archive = KeptArchive([evolve(a_gateway_customer(n), email="same@app.example") for n in (2, 1)])

    results = await imported(shop, archive, Naming("email"))

    assert {"customer new": 1, "customer conflict": 1} == counts(results)
    assert "cus_2" == (await shop.kept("same@app.example")).customer_id
    assert None is await shop.memory.directory.owner_of("cus_1")
    assert ["import_conflict"] == await shop.incidents()


async def test_a_price_that_nobody_knows_is_an_incident_and_no_obstacle(shop: Shop) -> None:
    archive = a_business(2)
    archive.kept_subscriptions[0] = a_sold(2, price="price_of_old")
    archive.kept_invoices[0] = a_paid_invoice(2, start=JULY, price="price_of_old")

    results = await imported(shop, archive)

    assert 1 == counts(results)["subscription unknown_price"] == counts(results)["invoice unknown_price"]
    assert ["import_unknown_price", "unknown_price"] == await shop.incidents()
    assert "basic" == await shop.plan("cus_1")


async def test_what_cannot_be_read_is_an_incident_and_no_obstacle(shop: Shop) -> None:
    archive = a_business()
    archive.kept_subscriptions.insert(0, Unreadable(id="sub_odd", customer_id="cus_1", problem="has no item"))
    archive.kept_invoices.insert(0, Unreadable(id="in_odd", customer_id=None, problem="has no line"))

    results = await imported(shop, archive)

    assert 1 == counts(results)["subscription unreadable"] == counts(results)["invoice unreadable"]
    assert ["import_unreadable"] * 2 == await shop.incidents()
    assert FREE_CREDITS + 200 == await shop.available("cus_1")


async def test_an_invoice_that_the_rules_refuse_is_an_incident_and_no_obstacle(shop: Shop) -> None:
    archive = a_business(2)
    invoice = a_paid_invoice(2, start=JULY)
    archive.kept_invoices[0] = evolve(invoice, lines=(evolve(invoice.lines[0], quantity=Decimal("0.5")),))

    results = await imported(shop, archive)

    assert 1 == counts(results)["invoice failed"]
    assert ["import_failed"] == await shop.incidents()
    assert FREE_CREDITS + 200 == await shop.available("cus_1")


async def test_of_two_live_plans_none_is_canceled_but_a_person_is_told(shop: Shop) -> None:
    archive = a_business()
    archive.kept_subscriptions.append(evolve(a_sold(), id="sub_older", created_at=day(2025, 12, 1)))

    await imported(shop, archive)

    assert ["surplus_subscription"] == await shop.incidents()
    assert [] == shop.jobs("cancel")


async def test_a_dry_run_tells_and_writes_nothing(shop: Shop) -> None:
    archive = a_business(2)
    archive.kept_subscriptions.append(Unreadable(id="sub_odd", customer_id="cus_1", problem="has no item"))

    archive.kept_subscriptions.append(a_sold(3, price="price_of_old"))

    results = await imported(shop, archive, dry_run=True)

    assert {
        "customer new": 2,
        "subscription new": 2,
        "subscription unknown_price": 1,
        "subscription unreadable": 1,
    } == counts(results)
    assert [] == await shop.written()
    assert [] == await shop.incidents()
    assert None is await shop.memory.bookmarks.get(BOOKMARK)


async def test_webhooks_that_waited_for_the_customer_are_taken_in(shop: Shop) -> None:
    await imported(shop, a_business())

    assert [{"provider_id": "cus_1"}] == [dict(job.args) for job in shop.jobs("receive-parked")]
