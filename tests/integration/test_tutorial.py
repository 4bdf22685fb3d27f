"""The tutorial is true: from an empty folder, block by block, to a picture that was paid for."""

import asyncio
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documented.blocks import Block, blocks_of
from tests.documented.shell import Ran, run

INSTALLED = "pip install"  # is done: the tests run where the package is
PROMISED = re.compile(r"^curl .*# (?:(\d{3})|(\{.*\}))$", re.MULTILINE)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def script_of(blocks: list[Block]) -> str:
    """All commands, and every file written where the page says so."""
    parts = []
    for block in blocks:
        if block.saved_as is not None:
            parts.append(f"cat > {block.saved_as} <<'BLOCK'\n{block.text}BLOCK\n")
        elif block.language == "sh" and INSTALLED not in block.text:
            parts.append(block.text)
    return "".join(parts)


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """The whole page, walked once: the folder, and what was said."""
    folder, port = tmp_path_factory.mktemp("shop"), free_port()
    script = script_of(blocks_of("docs/tutorial.md")).replace("8000", str(port))
    ran = asyncio.run(run(script, folder, {"PORT": str(port)}))
    return folder, ran


def test_every_block_does_what_the_page_says(walked: tuple[Path, Ran]) -> None:
    folder, ran = walked
    log = (folder / "shop.log").read_text() if (folder / "shop.log").exists() else ""
    assert 0 == ran.code, ran.complaints + ran.said + log
    assert ran.statuses == ("200", "200", "200", "402", "200", "200", "200", "200", "200", "200", "200")
    assert "1 passed" in ran.said


def test_the_answers_are_those_of_the_page(walked: tuple[Path, Ran]) -> None:
    _, ran = walked
    page = "".join(block.text for block in blocks_of("docs/tutorial.md") if block.language == "sh")
    promised = [json.loads(shown) for _, shown in PROMISED.findall(page) if shown]
    (denial,) = [json.loads(block.text) for block in blocks_of("docs/tutorial.md") if block.language == "json"]
    told = list(objects_in(ran.said))

    assert [answer for answer in told if "plan" in answer] == promised
    assert denial in told


def test_there_are_two_pictures(walked: tuple[Path, Ran]) -> None:
    folder, _ = walked
    pictures = [(folder / name).read_bytes() for name in ("first.png", "paid.png")]

    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert pictures[0] != pictures[1]


def objects_in(text: str) -> Iterator[dict[str, object]]:
    """The JSON objects in the text, also where nothing parts them."""
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            end = at + 1
        else:
            yield value
        at = text.find("{", end)
