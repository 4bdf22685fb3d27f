"""Bringing an existing business in from Stripe."""

import asyncio

import click

from billing_core.application.naming import Naming
from billing_core.application.results import Outcome
from billing_core.domain.errors import InvalidValue
from billing_core.entrypoints.beside import beside_stripe
from billing_core.entrypoints.cli.results import Sums, finish, told
from billing_core.entrypoints.keeping_step import importing_of
from billing_core.entrypoints.settings import from_environment

TELLING = frozenset(outcome for outcome in Outcome if outcome.is_trouble)


@click.command("import-stripe")
@click.option("--dry-run", is_flag=True, help="Tell what would come of each, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON per trouble, and the counts.")
@click.option(
    "--account-from",
    default="customer",
    show_default=True,
    metavar="metadata.KEY|email|customer",
    help="Where the account's id is read from, where our own metadata does not say it.",
)
def command(*, dry_run: bool, as_json: bool, account_from: str) -> None:
    """Bring customers, subscriptions and what pays for their present periods into the books.

    Stripe is only read. Safe to repeat; one that was cut off is gone on with. Exits 1 where anything needs a person.
    """
    try:
        naming = Naming(account_from)
    except InvalidValue as error:
        raise click.BadParameter(error.problem, param_hint="--account-from") from error
    finish(asyncio.run(_import(naming, dry_run=dry_run, as_json=as_json)), dry_run=dry_run, as_json=as_json)


async def _import(naming: Naming, *, dry_run: bool, as_json: bool) -> Sums:
    async with beside_stripe(from_environment()) as container:
        results = importing_of(container)(naming, dry_run=dry_run)
        return await told(results, doing="importing", as_json=as_json, telling=TELLING)
