"""The shop's own adapters keep the promises of their ports."""

import json
from pathlib import Path

import pytest
from poster_shop import Folder, Letterbox

from billing_core.ports.images import ImageStore
from billing_core.ports.notifier import Notifier, Topic
from billing_core.testing.contracts import ImageStoreContract, NotifierContract
from billing_core.testing.contracts.notifier import Arrived, Sent


class TestFolder(ImageStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ImageStore:
        return Folder(tmp_path)


class TestLetterbox(NotifierContract):
    @pytest.fixture
    def notifier(self, tmp_path: Path) -> Notifier:
        return Letterbox(tmp_path / "letters")

    @pytest.fixture
    def sent(self, tmp_path: Path) -> Sent:
        def read() -> list[Arrived]:
            letters = [json.loads(line) for line in (tmp_path / "letters").read_text(encoding="utf-8").splitlines()]
            return [Arrived(Topic(each["topic"]), each["to"], f"{each['key']} {each['to']}") for each in letters]

        return read
