"""Reinstating an account."""

import asyncio
from getpass import getuser

import click

from billing_core.domain.acts import Grounds, ReasonCode
from billing_core.entrypoints.beside import operating_of
from billing_core.entrypoints.cli.account_id import account_id
from billing_core.entrypoints.settings import from_environment

CODES = [code.value for code in ReasonCode]


@click.command("reinstate")
@click.argument("account", callback=account_id)
@click.option("--reason", required=True, help="Why; whoever looks later is told.")
@click.option("--suspension", help="Lift only this one, such as operator, dispute:du_1 or warning:issfr_1; else all.")
@click.option("--code", type=click.Choice(CODES), default="other", show_default=True, help="Why, to count by.")
@click.option("--by", default=getuser, show_default="your user name", help="Who decided.")
def command(account: str, *, reason: str, suspension: str | None, code: str, by: str) -> None:
    """Lift what ACCOUNT is suspended for."""
    grounds = Grounds(by=by, note=reason, code=ReasonCode(code))
    left = asyncio.run(_reinstate(account, grounds, suspension))
    click.echo(f"{account} is still suspended for {', '.join(left)}." if left else f"{account} is not suspended.")


async def _reinstate(account: str, grounds: Grounds, suspension: str | None) -> tuple[str, ...]:
    async with operating_of(from_environment()) as operating:
        return (await operating.suspending.reinstate(account, grounds, suspension=suspension)).reasons
