"""Every example of every page is run by a test; of what is not, the commands are at least read as ours read them."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from billing_core.adapters.catalog_file import builtin_text
from billing_core.entrypoints.cli import main
from tests.documented.blocks import ROOT, Block, blocks_of, pages
from tests.documented.commands import called

HERE = "tests/integration/test_documented.py"
RUN_BY = {
    ("README.md", "python"): "tests/integration/test_readme.py",
    ("README.md", "text"): "tests/integration/test_readme.py",
    ("docs/generations.md", "sh"): "tests/integration/test_generations_page.py",
    ("docs/how-to.md", "python"): "tests/integration/test_outside.py",
    ("docs/how-to.md", "sh"): HERE,
    ("docs/lifecycles.md", "mermaid"): "tests/unit/test_lifecycles.py",
    ("docs/migrating-from-a-counter.md", "sh"): "tests/integration/test_migrating.py",
    ("docs/migrating-from-a-counter.md", "text"): "tests/integration/test_migrating.py",
    ("docs/migrating-from-dj-stripe.md", "sh"): "tests/integration/test_migrating.py",
    ("docs/testing.md", "python"): "tests/integration/test_outside.py",
    ("docs/tutorial.md", "ini"): "tests/integration/test_tutorial.py",
    ("docs/tutorial.md", "python"): "tests/integration/test_tutorial.py",
    ("docs/tutorial.md", "sh"): "tests/integration/test_tutorial.py",
    ("docs/tutorial.md", "toml"): "tests/integration/test_tutorial.py",
}
NOT_RUN = {
    ("README.md", "bash"): "test_readme runs the session; the rest needs a database and keys of the reader's own",
    ("docs/generations.md", ""): "what a stream looks like, shortened; test_events has the whole of it",
    ("docs/generations.md", "js"): "a line for a page; the pages' own script does the same in tests/browser",
    ("docs/index.md", "{toctree}"): "a table of contents, read by make docs",
    ("docs/mutation.md", "sh"): "hours of trying; the targets are looked up here",
    ("docs/notices.md", "bash"): "a mail server of the reader's own",
    ("docs/performance.md", ""): "minutes of measuring; the targets are looked up here",
    ("docs/python-api.md", "{eval-rst}"): "the signatures, read by make docs",
    ("docs/secrets.md", "bash"): "a vault of the reader's own",
}
"""Why not. Whatever their commands of ours are, they are read here."""
READ_ONLY = "json"  # what a program answers; elsewhere it is compared, here it must be JSON


def examples() -> Iterator[Block]:
    for page in pages():
        yield from blocks_of(page)


def test_every_example_is_run_or_has_a_reason_why_not() -> None:
    known = RUN_BY.keys() | NOT_RUN.keys()
    found = {(block.page, block.language) for block in examples() if block.language != READ_ONLY}

    assert known == found


def test_who_runs_an_example_is_there() -> None:
    assert [] == [name for name in RUN_BY.values() if not (ROOT / name).exists()]


@pytest.mark.parametrize(
    "block",
    [block for block in examples() if block.language == "json"],
    ids=lambda block: f"{block.page}:{block.line}",
)
def test_an_example_of_json_is_json(block: Block) -> None:
    assert json.loads(block.text)


def commands() -> list[str]:
    """Every line of an example that calls ours, with its comment and its redirections left out."""
    shown = [block.text for block in examples() if block.language in {"sh", "bash"}]
    lines = [line.strip() for text in shown for line in text.splitlines()]
    return sorted({re.sub(r" > \S+", "", line) for line in lines if line.startswith("billing-core ")})


@pytest.mark.parametrize("line", commands())
def test_a_command_of_the_pages_is_one_that_ours_takes(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in re.findall(r"\w+\.(?:toml|csv)", line):
        (tmp_path / name).touch()
    command: click.Command = main
    words = shlex.split(line, comments=True)[1:]
    context = click.Context(command, info_name="billing-core")
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None
        command = found
        context = click.Context(command, parent=context)

    command.parse_args(context, words)


def test_a_target_of_the_pages_is_one_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = "".join((ROOT / page).read_text(encoding="utf-8") for page in pages())
    named = set(re.findall(r"(?:`|^ {4}|^)make ([a-z-]+)", text, re.MULTILINE))

    assert named <= targets


def test_the_commands_of_the_how_to_do_their_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "catalog.toml").write_text(builtin_text())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BILLING_DATABASE_URL", f"sqlite:///{tmp_path}/books.db")

    said = called(blocks_of("docs/how-to.md"), monkeypatch)

    assert "50 given, 60 are available." in said
    assert "every stream folds to its row" in said
