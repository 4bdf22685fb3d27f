"""`billing-core import-credits`: what accounts had elsewhere is brought along, once."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.unit.entrypoints.test_cli import run, runner

__all__ = ["runner"]


def bring(runner: CliRunner, folder: Path, text: str, *words: str) -> Result:
    (folder / "counted.csv").write_text(text, encoding="utf-8")
    return run(runner, "import-credits", str(folder / "counted.csv"), "--by", "olga", *words)


def has(runner: CliRunner, account: str) -> str:
    return run(runner, "explain", account).output.splitlines()[0]


def test_each_account_is_given_what_it_had(runner: CliRunner, tmp_path: Path) -> None:
    done = bring(runner, tmp_path, "account,credits,note\nann,35,x\nbob,0,\ncarl,1200,\n")

    assert (0, "1235 credits are given to 2 accounts.\n") == (done.exit_code, done.output)
    assert "45" in has(runner, "ann")
    assert "1,210" in has(runner, "carl")


def test_a_repeat_gives_nothing(runner: CliRunner, tmp_path: Path) -> None:
    for _ in range(2):
        assert 0 == bring(runner, tmp_path, "account,credits\nann,35\n").exit_code

    assert "45" in has(runner, "ann")


def test_another_number_for_the_same_account_is_told_and_left_alone(runner: CliRunner, tmp_path: Path) -> None:
    bring(runner, tmp_path, "account,credits\nann,35\n")
    again = bring(runner, tmp_path, "account,credits\nann,36\nbob,1\n")

    assert 1 == again.exit_code
    assert "ann was given another number before, and not 36: left alone." in again.output
    assert "1 credits are given to 1 accounts." in again.output
    assert "45" in has(runner, "ann")


def test_a_dry_run_writes_nothing(runner: CliRunner, tmp_path: Path) -> None:
    done = bring(runner, tmp_path, "account,credits\nann,35\n", "--dry-run")

    assert "35 credits would be given to 1 accounts.\n" == done.output
    assert "45" not in has(runner, "ann")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ann,35\n", "the first line must name the columns account and credits"),
        ("account,credits\nann,35\nbob,-1\n", "line 3: needs an account, and credits as a whole number"),
        ("account,credits\nann,1.5\n", "line 2: needs an account, and credits as a whole number"),
        ("account,credits\nann\n", "line 2: needs an account, and credits as a whole number"),
        ("account,credits\n,5\n", "line 2: needs an account, and credits as a whole number"),
        (
            "account,credits\nann,5\nbob,1000000000001\n",
            "line 3: needs an account, and credits as a whole number up to",
        ),
        (f"account,credits\nann,{'9' * 5_000}\n", "line 2: needs an account, and credits as a whole number up to"),
        (f"account,credits\nann,5\n{'x' * 256},5\n", "line 3: needs an account"),
        ("account,credits\nann,5\na\0b,5\n", "line 3: needs an account"),
        ("account,credits\n@nobody,5\n", "line 2: needs an account"),
        ("account,credits\nann,5\nann,5\n", "line 3: ann is there twice"),
    ],
)
def test_a_line_that_is_wrong_is_told_before_anything_is_written(
    runner: CliRunner, tmp_path: Path, text: str, said: str
) -> None:
    done = bring(runner, tmp_path, text)

    assert 1 == done.exit_code
    assert said in done.output
    assert not (tmp_path / "billing.db").exists()


@pytest.mark.parametrize(
    "content", ["account,credits\nJosé,5\n".encode("latin-1"), b"account,credits\n" + b"x" * 200_000]
)
def test_a_file_that_cannot_be_read_is_told_in_one_line(runner: CliRunner, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "counted.csv"
    file.write_bytes(content)

    done = run(runner, "import-credits", str(file))

    assert (1, 1) == (done.exit_code, done.output.count("\n"))
    assert done.output.startswith(f"Error: {file} is no CSV in UTF-8: ")


def test_a_byte_order_mark_does_no_harm(runner: CliRunner, tmp_path: Path) -> None:
    assert 0 == bring(runner, tmp_path, "\ufeffaccount,credits\nann,35\n").exit_code
