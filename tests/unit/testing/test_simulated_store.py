"""The store of the simulated worlds keeps what every store promises."""

import pytest

from billing_core.ports.images import ImageStore
from billing_core.testing.contracts import ImageStoreContract
from billing_core.testing.simulation.seams import Store


class TestStore(ImageStoreContract):
    @pytest.fixture
    def store(self) -> ImageStore:
        return Store()
