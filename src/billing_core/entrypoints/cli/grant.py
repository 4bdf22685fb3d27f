"""Giving credits to an account, or taking them."""

import asyncio
from datetime import UTC, datetime
from getpass import getuser

import click

from billing_core.application.adjusting import Adjusted
from billing_core.domain.acts import ReasonCode
from billing_core.entrypoints.beside import operating_of
from billing_core.entrypoints.cli.account_id import account_id
from billing_core.entrypoints.settings import from_environment


@click.command("grant", context_settings={"ignore_unknown_options": True})
@click.argument("account", callback=account_id)
@click.argument("amount", metavar="N", type=int)
@click.option("--reason", required=True, help="Why; the customer reads it too.")
@click.option(
    "--code",
    type=click.Choice([code.value for code in ReasonCode]),
    default=ReasonCode.OTHER.value,
    show_default=True,
    help="Why, to count by.",
)
@click.option("--by", default=getuser, show_default="your user name", help="Who decided.")
@click.option(
    "--expires", type=click.DateTime(["%Y-%m-%d"]), help="Until the beginning of that day (UTC); else they last."
)
def command(account: str, amount: int, *, reason: str, code: str, by: str, expires: datetime | None) -> None:
    """Give ACCOUNT N credits or, where N is below zero, take at most what is available.

    Who did it and why is kept in the account's stream. Safe beside a running service.
    """
    until = expires.replace(tzinfo=UTC) if expires else None
    done = asyncio.run(_grant(account, amount, reason=reason, code=ReasonCode(code), by=by, until=until))
    verb = "given" if amount > 0 else "taken"
    owed = f", {done.debt} are owed" if done.debt else ""
    click.echo(f"{abs(done.amount)} {verb}, {done.available} are available{owed}.")


async def _grant(
    account: str, amount: int, *, reason: str, code: ReasonCode, by: str, until: datetime | None
) -> Adjusted:
    async with operating_of(from_environment()) as operating:
        return await operating.adjusting(account, amount, reason=reason, code=code, by=by, expires_at=until)
