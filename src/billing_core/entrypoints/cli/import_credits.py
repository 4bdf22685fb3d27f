"""Bringing credits along that were counted elsewhere."""

import asyncio
import csv
from collections.abc import Iterable, Iterator
from getpass import getuser
from pathlib import Path
from typing import NamedTuple, TextIO

import click

from billing_core.application.naming import is_account_id
from billing_core.application.requests import RequestKey
from billing_core.domain.acts import ReasonCode
from billing_core.domain.given import MOST_CREDITS
from billing_core.entrypoints.beside import operating_of
from billing_core.entrypoints.settings import from_environment
from billing_core.ports.errors import IdempotencyKeyReused

ROUTE = "import-credits"  # of the key under which an account is given what it had, once


class Counted(NamedTuple):
    """A line of the file: the account, and the credits that it had."""

    account: str
    credits: int


@click.command(ROUTE)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only tell what would be given.")
@click.option("--reason", default="brought along", show_default=True, help="Why; the customer reads it too.")
@click.option("--by", default=getuser, show_default="your user name", help="Who decided.")
def command(file: Path, *, dry_run: bool, reason: str, by: str) -> None:
    """Give each account of FILE the credits that it had elsewhere, in CSV with the columns account and credits.

    They last. All lines are read before anything is written. Safe to repeat: an account is given once, and one whose
    number is another by then is told and left alone. Exits 1 where there is one.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            counted = list(_read(text))
    except (UnicodeDecodeError, csv.Error) as error:
        raise click.ClickException(f"{file} is no CSV in UTF-8: {error}") from error
    total = sum(line.credits for line in counted)
    if dry_run:
        click.echo(f"{total} credits would be given to {len(counted)} accounts.")
        return
    changed = asyncio.run(_give(counted, reason=reason, by=by))
    for line in changed:
        click.echo(f"{line.account} was given another number before, and not {line.credits}: left alone.", err=True)
    given = total - sum(line.credits for line in changed)
    click.echo(f"{given} credits are given to {len(counted) - len(changed)} accounts.")
    if changed:
        raise click.exceptions.Exit(1)


def _read(text: TextIO) -> Iterator[Counted]:
    """The lines whose credits are not zero. Raises ClickException for the first that cannot be read, or comes twice."""
    rows = csv.DictReader(text)
    if not {"account", "credits"} <= set(rows.fieldnames or ()):
        raise click.ClickException("the first line must name the columns account and credits")
    seen = set[str]()
    for row in rows:
        account, credits = row["account"] or "", row["credits"] or ""
        if not is_account_id(account) or not _is_number(credits):
            needs = f"needs an account, and credits as a whole number up to {MOST_CREDITS}"
            raise click.ClickException(f"line {rows.line_num}: {needs}")
        if account in seen:
            raise click.ClickException(f"line {rows.line_num}: {account} is there twice")
        seen.add(account)
        if int(credits):
            yield Counted(account, int(credits))


def _is_number(text: str) -> bool:
    is_short = len(text) <= len(str(MOST_CREDITS))
    return is_short and text.isascii() and text.isdecimal() and int(text) <= MOST_CREDITS


async def _give(counted: Iterable[Counted], *, reason: str, by: str) -> list[Counted]:
    """Gives all of them; those that were given another number before."""
    changed = []
    async with operating_of(from_environment()) as operating:
        for account, credits in counted:
            request = RequestKey(route=ROUTE, key=account, fingerprint=str(credits))
            try:
                await operating.adjusting(
                    account, credits, reason=reason, code=ReasonCode.OTHER, by=by, request=request
                )
            except IdempotencyKeyReused:
                changed.append(Counted(account, credits))
    return changed
