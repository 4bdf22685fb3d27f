"""Every way to fail that is known has a test or a reason, and the page of the documents is the table."""

from tests import failures

PAGE = failures.ROOT / "docs" / "failures.md"


def test_every_way_to_fail_has_a_test_or_a_reason() -> None:
    assert [] == [row for row in failures.ROWS if row not in failures.shown() and row not in failures.APART]


def test_no_test_shows_a_row_that_is_not_there() -> None:
    assert set() == (set(failures.shown()) | set(failures.APART)) - set(failures.ROWS)


def test_every_row_is_there() -> None:
    rows = [f"{area}{number}" for area, last in (("D", 15), ("E", 14), ("F", 25)) for number in range(1, last + 1)]

    assert rows == list(failures.ROWS)


def test_the_page_of_failures_is_the_table() -> None:
    """To write it anew: `python -m tests.failures > docs/failures.md`."""
    assert failures.page() == PAGE.read_text()
