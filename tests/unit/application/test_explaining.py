"""A balance is explained in sentences whose numbers, read back, add up to it."""

import re
from datetime import datetime

import pytest
from hypothesis import given, settings

from billing_core.application import denials, sentences
from billing_core.application.changing import ChangeWish
from billing_core.application.errors import GrantNotFound
from billing_core.application.explaining import BalanceExplained
from billing_core.domain.admission import Check, Wish
from billing_core.domain.credits import Source
from billing_core.domain.errors import HoldNotFound, InvalidValue, NotEntitled
from billing_core.domain.options import Action, Option
from billing_core.domain.provenance import Fate, Provenance
from billing_core.ports.commit import Commit
from billing_core.ports.errors import ImageRefused
from billing_core.ports.gateway import When
from billing_core.testing.histories import History
from billing_core.testing.provider import DAY
from tests.lives import Doing, ended, lived, lives
from tests.shops.use_case import A_DAY, Shop
from tests.unit.application.test_transactions import a_busy_half_year
from tests.unit.domain.test_laws import some

GONE = {"spent", "set aside", "expired", "taken back", "taken by an operator", "paid towards debt"}
COUNTED = re.compile(rf"(\d[\d,]*) (granted|left|{'|'.join(sorted(GONE))})\b")


@pytest.fixture
def shop() -> Shop:
    return Shop()


def read_back(sentence: str) -> dict[str, int]:
    """What a sentence counts, by its word."""
    return {word: int(number.replace(",", "")) for number, word in COUNTED.findall(sentence)}


def ensure_adds_up(sentence: str) -> int:
    """How many credits the sentence says are left, once what it says of the rest agrees."""
    told = read_back(sentence)
    assert told["granted"] == sum(n for word, n in told.items() if word != "granted"), sentence
    return told["left"]


async def explained(shop: Shop, moment: datetime | None = None) -> BalanceExplained:
    return await shop.use.explaining()("ann", moment=moment)


def ensure_explained(history: History, doings: tuple[Doing, ...]) -> None:
    now = ended(lived(history, doings))
    stories = tuple(Provenance.of("ann", now.events).grants.values())

    whole, total, *_ = sentences.of_balance(now.at(history.ends_at + 45 * DAY), stories)
    available, held = (int(n.replace(",", "")) for n in re.findall(r"(\d[\d,]*) (?:can|more)", whole))
    left = [ensure_adds_up(sentences.of_grant(story)) for story in stories]
    assert sum(left) == ensure_adds_up(total) == available == now.account.book.available
    assert held == read_back(total).get("set aside", 0) == now.account.book.held


@some
@given(lives())
def test_the_sentences_of_any_life_account_for_every_credit(life: tuple[History, tuple[Doing, ...]]) -> None:
    ensure_explained(*life)


@pytest.mark.long
@settings(max_examples=1_000)
@given(lives(max_steps=20))
def test_the_sentences_of_a_thousand_long_lives_account_for_every_credit(
    life: tuple[History, tuple[Doing, ...]],
) -> None:
    ensure_explained(*life)


async def test_a_busy_half_year_is_explained_to_the_last_credit(shop: Shop) -> None:
    await a_busy_half_year(shop)

    told = await explained(shop)
    of_grants = [sentence for sentence in told.sentences if " granted on " in sentence]
    assert sum(map(ensure_adds_up, of_grants)) == await shop.available()
    assert len(of_grants) == len(told.grants)


async def test_a_balance_of_the_past_is_explained_as_it_was(shop: Shop) -> None:
    await shop.given(40)
    before = shop.clock.now()
    await shop.later(A_DAY)
    await shop.given(60)

    then = await explained(shop, before)
    assert (then.held.account.book.available, len(then.grants)) == (50, 2)
    assert "40 granted on 1 Jan 2026 from an operator (a present): 40 left." in then.sentences


async def test_what_is_due_but_not_written_yet_is_explained_too(shop: Shop) -> None:
    told = await explained(shop)

    assert told.sentences[0] == "10 can be spent now, and 0 more are set aside."
    assert (await shop.kept()).version == 0


async def test_a_grant_leads_to_its_payment_and_to_what_it_was_spent_on(shop: Shop) -> None:
    await shop.subscribed("basic")
    placed = await shop.use.holding()("ann", 30, reason="an essay")
    await shop.use.capturing()("ann", placed.id)
    grant = next(g for g in (await shop.held()).account.book.grants if g.payment_id)

    traced = await shop.use.explaining().grant("ann", grant.id)
    assert traced.payment is not None
    assert traced.payment.id == grant.payment_id
    assert [(m.after, m.cause) for m in traced.story.movements] == [(Fate.HELD, placed.id), (Fate.CAPTURED, placed.id)]
    assert f"20 spent ({placed.id})" in traced.sentences[-1]


async def test_work_leads_to_the_grants_that_paid_for_it_and_to_its_pictures(shop: Shop) -> None:
    await shop.subscribed("basic")
    shop.painter.told = [1]
    made = await shop.generated(Wish(n=2))

    traced = await shop.use.explaining().work("ann", made.id)
    assert traced.story.captured == made.charged
    assert traced.progress is not None
    assert made.images[0].id in " ".join(traced.sentences)
    assert "and 1 given back" in traced.sentences[0]


async def test_work_that_was_refused_says_why_it_cost_nothing(shop: Shop) -> None:
    shop.painter.told = [ImageRefused("moderation_blocked", "it may not be drawn")]
    refused = await shop.generated()

    told = (await shop.use.explaining().work("ann", refused.id)).sentences
    assert "all of it was given back" in told[0]
    assert "moderation_blocked" in " ".join(told)


async def test_debt_and_what_became_of_it_is_a_sentence_of_its_own(shop: Shop) -> None:
    await shop.subscribed("pro")
    placed = await shop.use.holding()("ann", 480, reason="an archive")
    await shop.use.capturing()("ann", placed.id)
    await shop.later(A_DAY)
    await shop.changed(ChangeWish(tier="basic", when=When.NOW))

    (owed,) = [sentence for sentence in (await explained(shop)).sentences if "owed" in sentence]
    incurred, *parts = (int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*", owed))
    assert incurred == sum(parts) > 0
    assert owed.endswith(f"{(await shop.held()).account.book.debt} still owed.")


def test_every_source_of_credits_has_words() -> None:
    assert set(Source) == set(sentences.SOURCES)


async def test_an_open_hold_is_told_with_what_it_took(shop: Shop) -> None:
    placed = await shop.use.holding()("ann", 4, reason="an essay")

    told = await explained(shop)
    assert [story.hold.id for story in told.open_holds] == [placed.id]
    assert told.sentences[-1].startswith("4 set aside on 1 Jan 2026")


async def test_an_unlimited_plan_and_a_suspension_are_told(shop: Shop) -> None:
    await shop.subscribed("premium")
    suspended = (await shop.held()).suspend("operator")
    await shop.accounts.change("ann", lambda _: Commit(None, suspended))

    told = " ".join((await explained(shop)).sentences)
    assert "is unlimited" in told
    assert "suspended (operator)" in told


async def test_what_was_never_there_is_not_found(shop: Shop) -> None:
    with pytest.raises(GrantNotFound):
        await shop.use.explaining().grant("ann", "free:nowhere")
    with pytest.raises(HoldNotFound):
        await shop.use.explaining().work("ann", "gen_nowhere")


async def test_what_lies_ahead_is_not_told(shop: Shop) -> None:
    ahead = shop.clock.now() + A_DAY
    with pytest.raises(InvalidValue):
        await explained(shop, ahead)
    with pytest.raises(InvalidValue):
        await shop.use.explaining().verdict("ann", Wish(), moment=ahead)

    await shop.later(A_DAY)
    assert (await explained(shop, ahead)).held.now == ahead


async def test_a_denial_of_the_past_is_told_again(shop: Shop) -> None:
    before = shop.clock.now()
    await shop.later(A_DAY)
    await shop.subscribed("premium")
    wish = Wish(model=(await shop.held()).in_force.plan.models[-1])

    then = await shop.use.explaining().verdict("ann", wish, moment=before)
    now = await shop.use.explaining().verdict("ann", wish)
    assert isinstance(then.denial, NotEntitled)
    assert then.sentences[0].startswith("It is refused: ")
    assert (now.denial, now.sentences[0].startswith("It is accepted: 1 of ")) == (None, True)


async def test_a_denial_is_told_check_by_check_with_what_can_be_done(shop: Shop) -> None:
    await shop.use.holding()("ann", 8, reason="an essay")
    best = (await shop.held()).catalog.current.plans[-1]
    wish = Wish(model=best.models[-1], size=best.sizes[-1], n=3)

    told = await shop.use.explaining().verdict("ann", wish)
    by_check = {each.check: sentence for each, sentence in told.checks}
    assert list(by_check) == list(Check)
    assert by_check[Check.SUSPENSION] == "suspension: passes, the account is not suspended."
    assert by_check[Check.MODEL].startswith("model: refused, the plan does not include model. What can be done: up")
    assert "2 credits can be spent" not in by_check[Check.CREDITS]
    assert "2 are available. What can be done: upgrade to " in by_check[Check.CREDITS]
    assert ", or buy the pack " in by_check[Check.CREDITS]
    assert "or wait until 1 Feb 2026." in by_check[Check.CREDITS]


async def test_an_acceptance_is_told_check_by_check_too(shop: Shop) -> None:
    await shop.subscribed("premium")

    told = await shop.use.explaining().verdict("ann", Wish(n=2))
    assert told.denial is None
    assert [each.denial for each, _ in told.checks] == [None] * len(Check)
    assert told.sentences[-1] == "credits: passes, the plan covers it without credits."


@pytest.mark.parametrize(
    ("way", "words"),
    [
        (Option(Action.SETTLE_PAYMENT), "settle the payment that is open"),
        (Option(Action.CONTACT, tier="studio", url="mailto:us@example.com"), "ask for studio at mailto:us@example.com"),
        (Option(Action.REDUCE), "ask for fewer"),
        (Option(Action.WAIT), "wait for one to end"),
    ],
)
def test_every_way_out_has_words(way: Option, words: str) -> None:
    assert denials.WAYS[way.action](way) == words
    assert set(denials.WAYS) == set(Action)
