"""Every kind of record has exactly one writer in every store, or is folded by the planner that they share."""

from collections.abc import Mapping
from typing import Any

import pytest

from billing_core.adapters.memory.writers import WRITERS as MEMORY
from billing_core.adapters.sqlalchemy.statements import WRITERS as SQLITE
from billing_core.ports.records import KINDS, CauseFailed


@pytest.mark.parametrize("writers", [MEMORY, SQLITE])
def test_every_kind_of_record_is_written(writers: Mapping[type[Any], object]) -> None:
    assert set(writers) == set(KINDS) - {CauseFailed}


def test_every_store_writes_in_the_same_order() -> None:
    assert list(SQLITE) == list(MEMORY)
