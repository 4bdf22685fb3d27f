"""The shop's own adapters keep the promises of their ports."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from poster_shop import Folder, Letterbox

from billing_core.ports.images import ImageStore
from billing_core.ports.notifier import Notice, Notifier
from billing_core.testing.contracts import ImageStoreContract, NotifierContract


class TestFolder(ImageStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ImageStore:
        return Folder(tmp_path)


class TestLetterbox(NotifierContract):
    @pytest.fixture
    def notifier(self, tmp_path: Path) -> Notifier:
        return Letterbox(tmp_path / "letters")

    @pytest.fixture
    def sent(self, tmp_path: Path) -> Callable[[], Sequence[Notice]]:
        def read() -> list[Notice]:
            lines = (tmp_path / "letters").read_text(encoding="utf-8").splitlines()
            fields = [line.split("\t") for line in lines]
            return [Notice(topic=t, account_id=a, email=e, text=x) for t, a, e, x in fields]

        return read
