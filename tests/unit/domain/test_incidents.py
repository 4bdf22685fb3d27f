"""Each kind of incident is told in plain English, and the page of them is made from that."""

from pathlib import Path

import pytest

from billing_core.domain.guides import GUIDES, page
from billing_core.domain.incidents import IncidentKind, Resolution, detail_of, incident_id, kind_of

PAGE = Path(__file__).parents[3] / "docs" / "incidents.md"


def test_each_kind_has_a_guide_of_its_own() -> None:
    assert set(IncidentKind) == GUIDES.keys()
    assert len(GUIDES) == len({guide.title for guide in GUIDES.values()})


@pytest.mark.parametrize("kind", IncidentKind, ids=lambda kind: kind.value)
def test_a_guide_is_told_in_whole_sentences_and_offers_dismissal_last(kind: IncidentKind) -> None:
    guide = GUIDES[kind]

    assert all(told.endswith(".") for told in (guide.happened, guide.done, guide.advice))
    assert Resolution.DISMISS is guide.choices[-1]
    assert len(guide.choices) == len(set(guide.choices))


def test_the_page_of_incidents_is_made_from_the_guides() -> None:
    """To write it anew: `Path("docs/incidents.md").write_text(guides.page())`."""
    assert page() == PAGE.read_text(encoding="utf-8")


def test_a_kind_of_another_version_is_read_as_other_and_told() -> None:
    assert (IncidentKind.OTHER, "of_tomorrow: look") == (kind_of("of_tomorrow"), detail_of("of_tomorrow", "look"))
    assert (IncidentKind.MODEL, "look") == (kind_of("model"), detail_of("model", "look"))


def test_an_id_is_made_of_whose_it_is_and_its_key() -> None:
    ids = {incident_id(account, key) for account in ("a", "b", None) for key in ("k", "l")}

    assert 6 == len(ids)
    stored = ("inc_790959f33f2bd431", "inc_d324e9442c80819d")
    assert stored == (incident_id("a", "k"), incident_id(None, "k"))
