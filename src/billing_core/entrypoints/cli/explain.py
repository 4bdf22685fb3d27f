"""Explaining an account's credits."""

import asyncio
from datetime import UTC, datetime

import click
import msgspec

from billing_core.domain.admission import Wish
from billing_core.entrypoints.beside import explaining_of
from billing_core.entrypoints.explanations import BalanceShape, ExplanationShape, VerdictShape, explained, judged
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
@click.option("--denied", is_flag=True, help="Why pictures are denied, or were at the time of --at, check by check.")
@click.option("--model", help="With --denied: the model that was asked for, if not the plan's default.")
@click.option("--size", help="With --denied: the size that was asked for, if not the plan's default.")
@click.option("--quality", help="With --denied: the quality that was asked for, if not the plan's default.")
@click.option("--n", type=click.IntRange(1), help="With --denied: how many pictures were asked for, if not one.")
@click.option("--json", "as_json", is_flag=True, help="Print the sentences and the figures as JSON.")
def command(
    account: str,
    *,
    credit: str | None,
    generation: str | None,
    at: datetime | None,
    denied: bool,
    model: str | None,
    size: str | None,
    quality: str | None,
    n: int | None,
    as_json: bool,
) -> None:
    """Tell why an account's balance is what it is, down to the payment and the picture behind each credit.

    Or, with --denied, why it cannot have a picture. Nothing is written.
    """
    if sum(bool(given) for given in (credit, generation, at and not denied, denied)) > 1:
        raise click.UsageError("give one of --credit, --generation, --at and --denied; --denied may have an --at")
    if not denied and (model, size, quality, n) != (None, None, None, None):
        raise click.UsageError("--model, --size, --quality and --n tell what --denied is about")
    moment = at.replace(tzinfo=UTC) if at is not None else None
    wish = Wish(model=model, size=size, quality=quality, n=n or 1) if denied else None
    told = asyncio.run(_explain(account, credit, generation, wish, moment))
    if as_json:
        click.echo(msgspec.json.encode(told).decode())
    else:
        for sentence in told.sentences:
            click.echo(sentence)


async def _explain(
    account: str, credit: str | None, generation: str | None, wish: Wish | None, moment: datetime | None
) -> BalanceShape | ExplanationShape | VerdictShape:
    async with explaining_of(from_environment()) as explaining:
        if wish is not None:
            return await judged(explaining, account, wish, moment=moment)
        return await explained(explaining, account, grant=credit, work=generation, moment=moment)
