"""The catalog file: what the built-in one sells, and that each mistake is told with its key and its line."""

import re
import textwrap
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from billing_core.adapters.catalog_file import CatalogError, builtin_text, decode, decoding
from billing_core.domain.catalog import UNLIMITED, CatalogVersion, Interval, Kind, Price, Trial
from billing_core.domain.checkout_page import BorderStyle, Branding, CustomField, FieldKind
from billing_core.domain.money import Money

DOCS = Path(__file__).parents[2] / "docs" / "catalog.md"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

SMALL = """\
[plans.free]
name = "Free"
rank = 0
credits_per_month = 10
features = ["10 pictures"]
models = ["pen"]
sizes = ["64x64"]
qualities = ["standard"]
default_model = "pen"
default_size = "64x64"
default_quality = "standard"

[plans.gold]
name = "Gold"
rank = 1
credits_per_month = "unlimited"
features = ["All pictures"]
models = ["pen", "brush"]
sizes = ["64x64", "128x64"]
qualities = ["standard"]
default_model = "pen"
default_size = "64x64"
default_quality = "standard"

[[plans.gold.prices]]
key = "gold_month_usd"
interval = "month"
currency = "usd"
amount_minor = 100

[[plans.gold.prices]]
key = "gold_year_usd"
interval = "year"
currency = "usd"
amount_minor = 1000

[packs.some]
name = "Some"
credits = 5

[[packs.some.prices]]
key = "some_usd"
currency = "usd"
amount_minor = 50

[models.pen]
provider = "studio"
name = "pen-1"

[models.brush]
provider = "studio"
name = "brush-1"

[rates.pen]
standard = { 64x64 = 1, 128x64 = 2 }

[rates.brush]
standard = { 64x64 = 3 }
"""

CHECKOUT = """\
[[checkout.custom_fields]]
key = "company"
label = "Company"
optional = true

[[checkout.custom_fields]]
key = "seats"
label = "Seats"
kind = "numeric"

[checkout.branding]
display_name = "Shop"
background_color = "#ffffff"
button_color = "#0066CC"
border_style = "rounded"

"""
FOURTH = "".join(f'[[checkout.custom_fields]]\nkey = "{n}"\nlabel = "More"\n' for n in (3, 4)) + "[checkout.branding]"


def decoded(text: str) -> CatalogVersion:
    return decode(text, number=7, since=NOON)


def problems(text: str) -> list[tuple[str, str]]:
    """What is blamed: the text of the line, and the key."""
    with pytest.raises(CatalogError) as refused:
        decoded(text)
    lines = text.split("\n")
    return [(lines[problem.line - 1].strip(), problem.key) for problem in refused.value.problems]


def swapped(old: str, new: str, *, nth: int = 1) -> str:
    """The small catalog with the nth occurrence of a text replaced."""
    parts = SMALL.split(old)
    assert len(parts) > nth
    return old.join(parts[:nth]) + new + old.join(parts[nth:])


class TestBuiltIn:
    @pytest.fixture
    def catalog(self) -> CatalogVersion:
        return decoded(builtin_text())

    def test_three_tiers_cost_what_they_always_cost(self, catalog: CatalogVersion) -> None:
        monthly = {
            plan.key: [p.money for p in plan.prices if p.interval is Interval.MONTH and p.money.currency == "usd"]
            for plan in catalog.plans
        }

        assert monthly == {"free": [], "basic": [Money(999, "usd")], "premium": [Money(2999, "usd")]}

    def test_three_tiers_give_what_they_always_gave(self, catalog: CatalogVersion) -> None:
        assert [plan.allotment for plan in catalog.plans] == [10, 200, UNLIMITED]
        assert [plan.models for plan in catalog.plans] == [
            ("flux-schnell",),
            ("flux-schnell", "flux-dev"),
            ("flux-schnell", "flux-dev", "flux-1.1-pro"),
        ]
        assert [plan.watermark for plan in catalog.plans] == [True, False, False]
        assert catalog.free.features == (
            "10 generations per month",
            "FLUX Schnell model",
            "Watermarked images",
            "Community support",
        )

    def test_premium_can_be_tried_for_a_week_with_a_card(self, catalog: CatalogVersion) -> None:
        assert [plan.trial for plan in catalog.plans] == [None, None, Trial(days=7)]

    def test_every_paid_plan_has_a_month_and_a_year_in_both_currencies(self, catalog: CatalogVersion) -> None:
        keys = {key for key, offer in catalog.offers.items() if offer.kind is Kind.PLAN}

        assert keys == {
            f"{plan}_{interval}_{currency}"
            for plan in ("basic", "premium")
            for interval in ("month", "year")
            for currency in ("usd", "eur")
        }

    def test_packs_are_paid_once_and_do_not_end(self, catalog: CatalogVersion) -> None:
        assert [(pack.key, pack.credits, pack.lasts) for pack in catalog.packs] == [
            ("pack_1k", 1_000, None),
            ("pack_100k", 100_000, None),
        ]
        assert {price.interval for pack in catalog.packs for price in pack.prices} == {None}

    def test_what_a_finite_plan_draws_by_default_costs_one_credit(self, catalog: CatalogVersion) -> None:
        costs = [
            catalog.credits_for(plan.default_model, plan.default_size, plan.default_quality)
            for plan in catalog.plans
            if not plan.is_unlimited
        ]

        assert costs == [1, 1]

    def test_only_premium_has_access_to_the_api(self, catalog: CatalogVersion) -> None:
        assert [plan.entitlements["api_access"] for plan in catalog.plans] == [False, False, True]

    def test_no_model_is_sold_that_its_provider_shut_down(self, catalog: CatalogVersion) -> None:
        dead = {"gpt-image-1", "dall-e-2", "dall-e-3"}

        assert dead.isdisjoint(model.name for model in catalog.models)


class TestDecoding:
    def test_number_and_date_come_from_the_keeper(self) -> None:
        catalog = decoded(SMALL)

        assert (catalog.number, catalog.since) == (7, NOON)

    def test_what_is_left_out_has_a_default(self) -> None:
        catalog = decoded(SMALL)

        assert catalog.grace == timedelta(days=3)
        assert (catalog.promotion_codes, catalog.billing_address, catalog.automatic_tax) == (False, False, False)
        assert catalog.free.images_per_day is UNLIMITED
        assert catalog.free.queue_timeout == timedelta(minutes=30)

    def test_everything_that_can_be_said_is_understood(self) -> None:
        extras = """
        max_concurrent = 4
        max_holds = 9
        queue_timeout_minutes = 5
        images_per_day = 50
        images_per_request = 2
        priority = 3
        watermark = true
        initial_credits = 11
        initial_lasts_days = 30
        contact = "sales@example.com"
        trial = { days = 7, credits = 3, needs_card = false }
        entitlements = { api_access = true, seats = 5, support = "phone" }
        """
        head = "grace_days = 0\ncheckout.promotion_codes = true\ncheckout.billing_address = true\n"
        text = head + swapped("rank = 1\n", "rank = 1" + extras)

        catalog = decoded(text)
        gold = catalog.plan("gold")

        assert catalog.grace == timedelta(0)
        assert (catalog.promotion_codes, catalog.billing_address, catalog.automatic_tax) == (True, True, False)
        assert gold.trial == Trial(days=7, credits=3, needs_card=False)
        assert gold.entitlements == {"api_access": True, "seats": 5, "support": "phone"}
        assert (gold.initial_credits, gold.initial_lasts) == (11, timedelta(days=30))
        assert (gold.max_concurrent, gold.max_holds, gold.images_per_day, gold.images_per_request) == (4, 9, 50, 2)
        assert (gold.priority, gold.watermark, gold.contact) == (3, True, "sales@example.com")
        assert gold.queue_timeout == timedelta(minutes=5)

    def test_a_pack_may_come_again_each_month_and_may_end(self) -> None:
        text = swapped('key = "some_usd"\n', 'key = "some_usd"\ninterval = "month"\n')
        text = text.replace("credits = 5\n", "credits = 5\nlasts_days = 90\n")

        pack = decoded(text).pack("some")

        assert pack.prices == (Price("some_usd", Money(50, "usd"), Interval.MONTH),)
        assert pack.lasts == timedelta(days=90)

    def test_the_checkout_may_ask_for_more_and_look_like_the_shop(self) -> None:
        catalog = decoded(CHECKOUT + SMALL)

        assert catalog.custom_fields == (
            CustomField(key="company", label="Company", optional=True),
            CustomField(key="seats", label="Seats", kind=FieldKind.NUMERIC),
        )
        assert catalog.branding == Branding(
            display_name="Shop", background_color="#ffffff", button_color="#0066CC", border_style=BorderStyle.ROUNDED
        )
        assert (decoded(SMALL).custom_fields, decoded(SMALL).branding) == ((), None)
        assert decoded("checkout.branding = {}\n" + SMALL).branding == Branding()

    @pytest.mark.parametrize(
        ("old", "new", "key"),
        [
            ('"seats"', '"company"', "checkout.custom_fields[2].key"),
            ('"seats"', '"my-seats"', "checkout.custom_fields[2].key"),
            ('"numeric"', '"dropdown"', "checkout.custom_fields[2].kind"),
            ('"Seats"', f'"{"x" * 51}"', "checkout.custom_fields[2].label"),
            ('"#0066CC"', '"blue"', "checkout.branding.button_color"),
            ('"rounded"', '"round"', "checkout.branding.border_style"),
            ('"Shop"', '" "', "checkout.branding.display_name"),
            ("[checkout.branding]", FOURTH, "checkout.custom_fields[4].key"),
        ],
    )
    def test_what_the_checkout_cannot_ask_or_look_like_is_told(self, old: str, new: str, key: str) -> None:
        assert key in [blamed for _, blamed in problems(CHECKOUT.replace(old, new) + SMALL)]

    def test_a_plan_and_a_pack_may_have_the_same_number_at_old_urls(self) -> None:
        text = swapped("amount_minor = 100\n", "amount_minor = 100\nold_id = 1\n")
        text = text.replace("amount_minor = 50\n", "amount_minor = 50\nold_id = 1\n")

        offers = decoded(text).offers

        assert [key for key, offer in offers.items() if offer.price.old_id == 1] == ["gold_month_usd", "some_usd"]
        assert "old_id" not in repr(offers["some_usd"].price)

    def test_windows_lines_are_lines(self) -> None:
        text = swapped("rank = 0\n", "rank = true\n").replace("\n", "\r\n")

        assert problems(text) == [("rank = true", "plans.free.rank")]


WRONG_BY_ITSELF = {
    "unknown key": ("rank = 0\n", "rank = 0\nrnak = 1\n", "rnak = 1", "plans.free.rnak"),
    "unknown key at the top": ("[plans.free]\n", "grace = 3\n[plans.free]\n", "grace = 3", "grace"),
    "unknown key of a price": ('"gold_month_usd"\n', '"gold_month_usd"\nid = 1\n', "id = 1", "plans.gold.prices[1].id"),
    "unknown key of a trial": ("rank = 1\n", "rank = 1\ntrial.day = 1\n", "trial.day = 1", "plans.gold.trial.day"),
    "wrong type": ("rank = 0\n", 'rank = "0"\n', 'rank = "0"', "plans.free.rank"),
    "true is no number": ("credits = 5\n", "credits = true\n", "credits = true", "packs.some.credits"),
    "one is no flag": ("rank = 0\n", "rank = 0\nwatermark = 1\n", "watermark = 1", "plans.free.watermark"),
    "a fraction is no number": ("credits = 5\n", "credits = 5.0\n", "credits = 5.0", "packs.some.credits"),
    "a text is no list": ('models = ["pen"]\n', 'models = "pen"\n', 'models = "pen"', "plans.free.models"),
    "a list is no table": ("[models.brush]\n", "[[models.brush]]\n", "[[models.brush]]", "models.brush"),
    "missing key": ('name = "Gold"\n', "", "[plans.gold]", "plans.gold.name"),
    "missing key of a price": (
        "amount_minor = 100\n",
        "",
        "[[plans.gold.prices]]",
        "plans.gold.prices[1].amount_minor",
    ),
    "a plan's price without interval": (
        'interval = "year"\n',
        "",
        "[[plans.gold.prices]]",
        "plans.gold.prices[2].interval",
    ),
    "duplicate key": ("rank = 0\n", "rank = 0\nrank = 2\n", "rank = 2", "plans.free.rank"),
    "duplicate table": ("[models.brush]\n", "[models.pen]\n", "[models.pen]", "models.pen"),
    "no TOML": ("rank = 0\n", "rank = \n", "rank =", "plans.free.rank"),
    "unknown limit": ('"unlimited"', '"endless"', 'credits_per_month = "endless"', "plans.gold.credits_per_month"),
    "negative credits": ("= 10\n", "= -1\n", "credits_per_month = -1", "plans.free.credits_per_month"),
    "negative amount": (
        "amount_minor = 50\n",
        "amount_minor = -50\n",
        "amount_minor = -50",
        "packs.some.prices[1].amount_minor",
    ),
    "free of charge": (
        "amount_minor = 50\n",
        "amount_minor = 0\n",
        "amount_minor = 0",
        "packs.some.prices[1].amount_minor",
    ),
    "a number for old URLs that is none": (
        "amount_minor = 50\n",
        "amount_minor = 50\nold_id = 0\n",
        "old_id = 0",
        "packs.some.prices[1].old_id",
    ),
    "more than anybody has": (
        "credits = 5\n",
        "credits = 9223372036854775808\n",
        "credits = 9223372036854775808",
        "packs.some.credits",
    ),
    "a grace beyond the calendar": (
        "[plans.free]\n",
        "grace_days = 99999999999\n[plans.free]\n",
        "grace_days = 99999999999",
        "grace_days",
    ),
    "negative rate": ("64x64 = 3 }", "64x64 = -3 }", "standard = { 64x64 = -3 }", "rates.brush.standard.64x64"),
    "size of the rate card": ("64x64 = 3 }", "big = 3 }", "standard = { big = 3 }", "rates.brush.standard.big"),
    "size of a plan": ('sizes = ["64x64"]\n', 'sizes = ["64x"]\n', 'sizes = ["64x"]', "plans.free.sizes[1]"),
    "size of nothing": ('sizes = ["64x64"]\n', 'sizes = ["0x64"]\n', 'sizes = ["0x64"]', "plans.free.sizes[1]"),
    "size of a default": (
        'default_size = "64x64"\n',
        'default_size = "auto"\n',
        'default_size = "auto"',
        "plans.free.default_size",
    ),
    "currency in capitals": (
        'currency = "usd"\n',
        'currency = "USD"\n',
        'currency = "USD"',
        "plans.gold.prices[1].currency",
    ),
    "currency of four letters": (
        'currency = "usd"\n',
        'currency = "usdt"\n',
        'currency = "usdt"',
        "plans.gold.prices[1].currency",
    ),
    "unknown interval": ('"month"', '"week"', 'interval = "week"', "plans.gold.prices[1].interval"),
    "empty text": ('name = "Gold"\n', 'name = " "\n', 'name = " "', "plans.gold.name"),
    "empty list": ('features = ["10 pictures"]\n', "features = []\n", "features = []", "plans.free.features"),
    "a model twice": ('"brush"]\n', '"pen"]\n', 'models = ["pen", "pen"]', "plans.gold.models[2]"),
    "a name that is no key": ("[models.brush]\n", '[models."br ush"]\n', '[models."br ush"]', 'models."br ush"'),
    "an entitlement that hides another": (
        "rank = 0\n",
        "rank = 0\nentitlements.models = 1\n",
        "entitlements.models = 1",
        "plans.free.entitlements.models",
    ),
    "an entitlement that is no key": (
        "rank = 0\n",
        'rank = 0\nentitlements."A B" = 1\n',
        'entitlements."A B" = 1',
        'plans.free.entitlements."A B"',
    ),
    "a list with something else in it": (
        'features = ["10 pictures"]\n',
        'features = [\n"x",\n7]\n',
        "7]",
        "plans.free.features[2]",
    ),
    "an entitlement of no kind": (
        "rank = 0\n",
        "rank = 0\nentitlements.x = 1.5\n",
        "entitlements.x = 1.5",
        "plans.free.entitlements.x",
    ),
}

WRONG_TOGETHER = {
    "two plans of one rank": ("rank = 1\n", "rank = 0\n", "rank = 0", "plans.gold.rank"),
    "no free plan": ("rank = 0\n", "rank = 2\n", "[[plans.gold.prices]]", "plans.gold.prices"),
    "default model is not the plan's": (
        'default_model = "pen"\n',
        'default_model = "brush"\n',
        'default_model = "brush"',
        "plans.free.default_model",
    ),
    "default size is not the plan's": (
        'default_size = "64x64"\n',
        'default_size = "128x64"\n',
        'default_size = "128x64"',
        "plans.free.default_size",
    ),
    "default quality is not the plan's": (
        'default_quality = "standard"\n',
        'default_quality = "hd"\n',
        'default_quality = "hd"',
        "plans.free.default_quality",
    ),
    "an unknown model": (
        'models = ["pen", "brush"]\n',
        'models = ["pen",\n"quill"]\n',
        '"quill"]',
        "plans.gold.models[2]",
    ),
    "a rate of an unknown model": (
        "[rates.brush]\n",
        "[rates.quill]\nstandard = { 64x64 = 1 }\n[rates.brush]\n",
        "[rates.quill]",
        "rates.quill",
    ),
    "a plan's model without a rate": (
        "[rates.brush]\nstandard = { 64x64 = 3 }\n",
        "",
        'models = ["pen", "brush"]',
        "plans.gold.models[2]",
    ),
    "a plan's size without a rate": (
        "128x64 = 2 ",
        "256x64 = 2 ",
        'sizes = ["64x64", "128x64"]',
        "plans.gold.sizes[2]",
    ),
    "one price key twice": (
        '"gold_year_usd"',
        '"gold_month_usd"',
        'key = "gold_month_usd"',
        "plans.gold.prices[2].key",
    ),
    "one price key in a plan and a pack": (
        '"some_usd"',
        '"gold_month_usd"',
        'key = "gold_month_usd"',
        "packs.some.prices[1].key",
    ),
    "two monthly prices in one currency": ('"year"', '"month"', 'currency = "usd"', "plans.gold.prices[2].currency"),
    "a pack that nobody can buy": (
        '[[packs.some.prices]]\nkey = "some_usd"\ncurrency = "usd"\namount_minor = 50\n',
        "",
        "[packs.some]",
        "packs.some.prices",
    ),
    "one number of two prices": (
        "= 100\n\n[[plans.gold.prices]]\n",
        "= 100\nold_id = 1\n\n[[plans.gold.prices]]\nold_id = 1\n",
        "old_id = 1",
        "plans.gold.prices[2].old_id",
    ),
    "a number of a price that no checkout sells": (
        "amount_minor = 50\n",
        (
            'amount_minor = 50\n[[packs.some.prices]]\nkey = "monthly"\ninterval = "month"\ncurrency = "usd"\n'
            "old_id = 1\namount_minor = 40\n"
        ),
        "old_id = 1",
        "packs.some.prices[2].old_id",
    ),
    "an end of no initial credits": (
        "rank = 1\n",
        "rank = 1\ninitial_lasts_days = 3\n",
        "initial_lasts_days = 3",
        "plans.gold.initial_lasts_days",
    ),
}


# These leave a hole elsewhere too, which is told as well.
WITH_MORE = {"unknown key of a trial", "no free plan", "a list is no table", "an unknown model"}


@pytest.mark.parametrize("mistake", [*WRONG_BY_ITSELF, *WRONG_TOGETHER])
def test_a_mistake_is_told_with_its_key_and_its_line(mistake: str) -> None:
    old, new, line, key = (WRONG_BY_ITSELF | WRONG_TOGETHER)[mistake]

    blamed = problems(swapped(old, new))

    assert (line, key) in blamed
    assert len(blamed) == 1 or mistake in WITH_MORE


def test_all_mistakes_are_told_at_once_by_line() -> None:
    text = swapped("rank = 0\n", "rnak = 0\n").replace("credits = 5\n", 'credits = "5"\n')

    with pytest.raises(CatalogError) as refused:
        decoded(text)

    assert str(refused.value).split("\n") == [
        "line 1: plans.free.rank: is missing",
        "line 3: plans.free.rnak: is not a key that can stand here; did you mean rank?",
        "line 39: packs.some.credits: must be a whole number, 1 or more",
    ]


def test_references_are_told_at_once_too() -> None:
    text = swapped("rank = 1\n", "rank = 0\n").replace('"some_usd"', '"gold_month_usd"')

    assert [key for _, key in problems(text)] == ["plans.gold.rank", "packs.some.prices[1].key"]


def test_of_two_that_look_alike_the_right_line_is_told() -> None:
    text = swapped('currency = "usd"\n', 'currency = "us"\n', nth=2)

    with pytest.raises(CatalogError) as refused:
        decoded(text)

    (problem,) = refused.value.problems
    assert (problem.line, problem.key) == (34, "plans.gold.prices[2].currency")


def test_a_default_without_a_price_is_told() -> None:
    text = swapped("{ 64x64 = 1, 128x64 = 2 }", "{ 128x64 = 2 }")

    with pytest.raises(CatalogError, match="no price for the default: pen at 64x64, quality standard"):
        decoded(text)


def test_a_key_that_stands_twice_tells_where_it_stood_first() -> None:
    with pytest.raises(CatalogError) as refused:
        decoded("rank = 0\n\n# once more\nrank = [\n  1,\n]\n")

    assert str(refused.value) == "line 4: rank: stands here a second time; the first is on line 1"


@pytest.mark.parametrize("text", ["", "# nothing", "[plans]"])
def test_a_catalog_without_plans_is_none(text: str) -> None:
    with pytest.raises(CatalogError, match="line 1: plans: there must be one"):
        decoded(text)


NO_TOML = ("a = " + "[" * 5_000, "a = " + "9" * 5_000, "[plans.\n", "a = '''\n", "\0", "= 1", "]", "a", '"', "a.")


@pytest.mark.parametrize("text", NO_TOML)
def test_what_is_no_toml_is_told_whatever_it_is(text: str) -> None:
    with pytest.raises(CatalogError) as refused:
        decoded(text)

    assert [problem.line for problem in refused.value.problems] == [1]


def test_a_quality_may_say_more_to_its_provider() -> None:
    text = SMALL + '[models.pen.qualities.standard]\nsteps = 40\nguidance = 3.5\nraw = true\nstyle = "ink"\n'

    pen, brush = decoded(text).models

    assert {"standard": {"steps": 40, "guidance": 3.5, "raw": True, "style": "ink"}} == pen.parameters
    assert {} == brush.parameters


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("size = 9", "size"),
        ('prompt = "another"', "prompt"),
        ("n = 2", "n"),
        ("stream = true", "stream"),
        ("steps = nan", "steps"),
        ("steps = 1979-05-27", "steps"),
        ("steps = [40]", "steps"),
        ("steps = { most = 40 }", "steps"),
    ],
)
def test_what_a_quality_may_not_say_is_told_with_its_line(line: str, key: str) -> None:
    text = SMALL + f"[models.pen.qualities.standard]\n{line}\n"

    assert [(line, f"models.pen.qualities.standard.{key}")] == problems(text)


def test_a_quality_that_nobody_can_buy_says_nothing_to_a_provider() -> None:
    text = SMALL + "[models.pen.qualities.standrad]\nsteps = 40\n"

    assert [("[models.pen.qualities.standrad]", "models.pen.qualities.standrad")] == problems(text)


def test_the_parameters_of_the_docs_are_those_of_the_built_in_model() -> None:
    shown = textwrap.dedent(read(DOCS).partition("[models.flux-dev.qualities.hd]\n")[2].partition("\n\n")[0])
    built_in = {model.key: model for model in decoded(builtin_text()).models}["flux-dev"]

    assert tomllib.loads(textwrap.dedent(shown)) == built_in.parameters["hd"]


def test_the_dot_in_a_model_must_be_quoted() -> None:
    text = swapped("[models.brush]\n", "[models.brush-1.1]\n")

    assert ("[models.brush-1.1]", "models.brush-1.1") in problems(text)


def test_the_example_of_the_docs_is_a_catalog() -> None:
    page = read(DOCS)
    example = textwrap.dedent(page.partition("## An example\n")[2])

    assert [plan.key for plan in decoded(example).plans] == ["free", "studio"]
    assert [pack.key for pack in decoded(example).packs] == ["refill"]


def test_the_trial_of_the_docs_can_be_added_to_the_built_in_plan() -> None:
    page = read(DOCS)
    trial = textwrap.dedent(page.partition("To give one:\n")[2].partition("## ")[0])

    assert decoded(builtin_text() + trial).plan("basic").trial == Trial(days=7, credits=20)


def test_every_key_is_told_in_the_docs() -> None:
    page = read(DOCS)
    modules = ("checkout.py", "decoding.py", "plans.py", "prices.py", "models.py")
    sources = (Path(decoding.__file__).parent / name for name in modules)
    keys = re.findall(r'\b(?:text|texts|whole|limit|flag|days)\((?:section, )?"(\w+)"', "".join(map(read, sources)))

    assert len(keys) > 30
    assert [key for key in keys if not re.search(rf"`(\w+\.)?{key}`", page)] == []


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
