"""Explaining an account's credits."""

import asyncio
from datetime import UTC, datetime

import click
import msgspec

from billing_core.entrypoints.beside import explaining_of
from billing_core.entrypoints.explanations import BalanceShape, ExplanationShape, explained
from billing_core.entrypoints.settings import from_environment


@click.command("explain")
@click.argument("account")
@click.option("--credit", metavar="GRANT", help="Where the credits of this grant came from, and where they went.")
@click.option("--generation", metavar="ID", help="What paid for this generation, or for other work under that hold.")
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]),
    metavar="TIME",
    help="The balance as it was then (UTC), not as it is now.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the sentences and the figures as JSON.")
def command(account: str, *, credit: str | None, generation: str | None, at: datetime | None, as_json: bool) -> None:
    """Tell why an account's balance is what it is, down to the payment and the picture behind each credit.

    Nothing is written.
    """
    if sum(given is not None for given in (credit, generation, at)) > 1:
        raise click.UsageError("give one of --credit, --generation and --at")
    moment = at.replace(tzinfo=UTC) if at is not None else None
    told = asyncio.run(_explain(account, credit, generation, moment))
    if as_json:
        click.echo(msgspec.json.encode(told).decode())
    else:
        for sentence in told.sentences:
            click.echo(sentence)


async def _explain(
    account: str, credit: str | None, generation: str | None, moment: datetime | None
) -> BalanceShape | ExplanationShape:
    async with explaining_of(from_environment()) as explaining:
        return await explained(explaining, account, grant=credit, work=generation, moment=moment)
