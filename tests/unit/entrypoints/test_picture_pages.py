"""What the pages of pictures say and offer: why there is none, what a file is called, what can be chosen."""

from datetime import UTC, datetime

import pytest
from attrs import evolve

from billing_core.adapters.catalog_file import builtin_text, decode
from billing_core.domain import errors
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt, at
from billing_core.domain.catalog import Catalog
from billing_core.domain.generation import Image
from billing_core.domain.options import Action, Option
from billing_core.entrypoints.web.choosing import chooser, number_of
from billing_core.entrypoints.web.denying import refused, ways_of
from billing_core.entrypoints.web.generation_pages import file_name
from billing_core.entrypoints.web.tiles import short
from billing_core.ports.errors import Unavailable

NOW = datetime(2026, 1, 8, tzinfo=UTC)
PICTURE = Image(
    id="img_1",
    account_id="ann",
    generation_id="gen_1",
    key="k",
    width=512,
    height=512,
    format="png",
    private=False,
    watermark=False,
    created_at=NOW,
)


def builtin_catalog() -> Catalog:
    return Catalog([decode(builtin_text(), number=1, since=NOW)])


def newcomer(catalog: Catalog) -> AccountAt:
    return at(Account(id="ann"), NOW, catalog)


def retired() -> Catalog:
    """The built-in catalog, whose free plan has a model that nobody makes pictures with any more."""
    catalog = builtin_catalog()
    plans = [
        evolve(plan, models=("retired",), default_model="retired") if plan is catalog.current.free else plan
        for plan in catalog.current.plans
    ]
    return Catalog([evolve(catalog.current, plans=tuple(plans))])


@pytest.mark.parametrize(
    ("error", "field", "words"),
    [
        (errors.DailyQuotaExceeded(10, 9), "", "9 of the 10 pictures of today are made."),
        (errors.TooManyConcurrent(1), "", "1 picture is under way, and your plan makes no more at once. "),
        (errors.NotEntitled("size"), "size", "Your plan does not have this size."),
        (errors.NotEntitled("private_history"), "private", "Your plan does not keep pictures private."),
        (errors.NotEntitled("images_per_request", ("1",)), "n", "Your plan makes up to 1 picture at once."),
        (errors.CostsTooMuch(1, 0), "", "The price is now 1 credit. "),
        (Unavailable("books"), "", "This could not be done just now. Nothing was charged; please try again."),
        (errors.InvalidValue("prompt", "must not be empty"), "prompt", "Describe the picture, "),
    ],
)
def test_each_refusal_has_words_and_a_place(error: Exception, field: str, words: str) -> None:
    told = refused(error)
    assert field == told.field
    assert told.text.startswith(words)


def test_ways_that_lead_nowhere_are_left_out_and_all_packs_are_one_way() -> None:
    tomorrow = Option(Action.WAIT, available_at=NOW)
    packs = [Option(Action.BUY_PACK, pack=pack) for pack in ("small", "big")]
    asked = (Option(Action.WAIT), Option(Action.REDUCE), *packs, tomorrow)
    offered = ways_of(errors.InsufficientCredits(2, 1, asked))
    assert [Action.BUY_PACK, Action.WAIT] == [way.action for way in offered]
    assert NOW == offered[1].available_at


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A fox, in snow!", "a-fox-in-snow.png"),
        ("../../etc/passwd", "etc-passwd.png"),
        ('"\r\nX: y', "x-y.png"),
        ("Füchse im Schnee", "füchse-im-schnee.png"),
        ("?!", "picture.png"),
        ("", "picture.png"),
        ("a" * 500, f"{'a' * 60}.png"),
    ],
)
def test_a_file_is_called_by_the_words_of_its_picture(prompt: str, name: str) -> None:
    assert name == file_name(prompt, PICTURE)


def test_long_words_are_cut_and_stand_on_one_line() -> None:
    assert "a fox" == short("a\n\n  fox")
    assert "a fox in…" == short("a fox in the snow", 10)


@pytest.mark.parametrize(
    ("text", "number"), [("2", 2), ("9", 4), ("0", 1), ("", 1), ("-1", 1), ("x", 1), ("9" * 50, 1)]
)
def test_a_number_that_is_none_is_one(text: str, number: int) -> None:
    assert number == number_of(text, 4)


def test_what_costs_nothing_known_has_no_price() -> None:
    held = newcomer(retired())
    chosen = chooser(held, {})
    assert chosen.credits is None
    assert not any(model.is_chosen for model in chosen.models)


def test_each_choice_names_the_lowest_plan_that_has_it() -> None:
    chosen = chooser(newcomer(builtin_catalog()), {"model": "flux-dev", "n": "7"})
    assert {"flux-schnell": None, "flux-dev": "basic", "flux-1.1-pro": "premium"} == {
        model.key: model.plan and model.plan.key for model in chosen.models
    }
    assert ["flux-dev"] == [model.key for model in chosen.models if model.is_chosen]
    assert (1, 1, 2) == (chosen.n, chosen.most, chosen.credits)
