"""docs/stripe.md says what the code does."""

import inspect
import re
from pathlib import Path

from billing_core.adapters.stripe.events import READERS
from billing_core.entrypoints import settings, stripe_settings
from billing_core.entrypoints.test_cards import TEST_CARDS

PAGE = (Path(__file__).parents[2] / "docs" / "stripe.md").read_text()


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_events_are_those_that_are_read() -> None:
    assert sorted(READERS) == re.findall(r"^    (\S+)$", section("Events"), flags=re.MULTILINE)


def test_every_setting_of_stripe_is_told() -> None:
    read = inspect.getsource(settings) + inspect.getsource(stripe_settings)
    names = set(re.findall(r'"(STRIPE_[A-Z_]+[A-Z])"', read))

    assert [] == [name for name in sorted(names) if f"`{name}`" not in section("Settings")]


def test_every_test_card_is_told() -> None:
    assert dict(re.findall(r"^\| `([\d ]+)` \| (.+) \|$", section("Test cards"), flags=re.MULTILINE)) == TEST_CARDS


def test_the_version_is_the_one_that_requests_are_made_in() -> None:
    import stripe

    assert stripe.api_version in section("API versions")
    assert f"api_version={stripe.api_version}" in section("The five steps")


def test_every_link_leads_somewhere() -> None:
    titles = re.findall(r"^#+ (.+)$", PAGE, flags=re.MULTILINE)
    headings = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}
    files = re.findall(r"\]\(([^)#]+\.md)\)", PAGE)

    assert [] == [link for link in re.findall(r"\]\(#([^)]+)\)", PAGE) if link not in headings]
    assert [] == [link for link in files if not (Path(__file__).parents[2] / "docs" / link).exists()]
