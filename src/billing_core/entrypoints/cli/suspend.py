"""Suspending an account."""

import asyncio
from getpass import getuser

import click

from billing_core.domain.acts import Grounds, ReasonCode
from billing_core.entrypoints.beside import operating_of
from billing_core.entrypoints.cli.account_id import account_id
from billing_core.entrypoints.settings import from_environment

CODES = [code.value for code in ReasonCode]


@click.command("suspend")
@click.argument("account", callback=account_id)
@click.option("--reason", required=True, help="Why; whoever looks later is told.")
@click.option("--code", type=click.Choice(CODES), default="other", show_default=True, help="Why, to count by.")
@click.option("--by", default=getuser, show_default="your user name", help="Who decided.")
def command(account: str, *, reason: str, code: str, by: str) -> None:
    """Suspend ACCOUNT: it can read, but neither spend nor buy, until it is reinstated."""
    grounds = Grounds(by=by, note=reason, code=ReasonCode(code))
    told = asyncio.run(_suspend(account, grounds))
    click.echo(f"{account} is suspended for {', '.join(told)}.")


async def _suspend(account: str, grounds: Grounds) -> tuple[str, ...]:
    async with operating_of(from_environment()) as operating:
        return (await operating.suspending.suspend(account, grounds)).reasons
