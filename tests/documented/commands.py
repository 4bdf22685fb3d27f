"""Commands of ours that the pages show, called in this process: to start a new one for each takes a second."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from billing_core.entrypoints.cli import main
from tests.documented.blocks import Block


def lines_of(blocks: list[Block]) -> Iterator[list[str]]:
    """The words of each line in `sh`, comments left out."""
    for block in blocks:
        if block.language == "sh":
            yield from filter(None, (shlex.split(line, comments=True) for line in block.text.splitlines()))


def save(blocks: list[Block], folder: Path) -> None:
    """Writes the files that the page says to write."""
    for block in blocks:
        if block.saved_as is not None:
            (folder / block.saved_as).write_text(block.text)


def called(blocks: list[Block], patch: pytest.MonkeyPatch) -> str:
    """Calls every line in order and gives what was said. Raises LookupError for a line that is none of ours."""
    said = []
    for program, *words in lines_of(blocks):
        if program == "export":
            for word in words:
                name, _, value = word.partition("=")
                patch.setenv(name, value)
        elif program == "billing-core":
            done = CliRunner().invoke(main, words)
            assert 0 == done.exit_code, (words, done.output)
            said.append(done.output)
        else:
            raise LookupError(f"{program} is no command of ours")
    return "".join(said)
