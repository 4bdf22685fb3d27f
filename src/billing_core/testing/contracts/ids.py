"""What every IdSource does."""

import re

import pytest

from billing_core.ports.ids import IdSource

SAFE_IN_A_URL = re.compile(r"gen_[a-z0-9]+")


class IdSourceContract:
    """Subclass it and give the fixture `ids`."""

    @pytest.fixture
    def ids(self) -> IdSource:
        raise NotImplementedError("give the source that is to be tried")

    def test_an_id_says_what_it_is_the_id_of(self, ids: IdSource) -> None:
        assert ids.new("gen").startswith("gen_")
        assert ids.new("hold").startswith("hold_")

    def test_an_id_is_safe_in_a_url(self, ids: IdSource) -> None:
        made = [ids.new("gen") for _ in range(100)]

        assert all(SAFE_IN_A_URL.fullmatch(each) for each in made)

    def test_no_id_is_made_twice(self, ids: IdSource) -> None:
        made = [ids.new("gen") for _ in range(10_000)]

        assert len(set(made)) == len(made)

    def test_ids_sort_by_when_they_were_made(self, ids: IdSource) -> None:
        made = [ids.new("gen") for _ in range(10_000)]

        assert made == sorted(made)
