"""What the law lets a customer ask for: all that is kept of them, and to be forgotten."""

import asyncio
import json
from getpass import getuser

import click

from billing_core.domain.acts import Grounds, ReasonCode
from billing_core.entrypoints.privacy import erased, exported
from billing_core.entrypoints.settings import from_environment


@click.group("account")
def command() -> None:
    """Hand out what is kept of an account, or forget who it is."""


@command.command("export")
@click.argument("account")
def export(account: str) -> None:
    """Print everything that is kept of ACCOUNT, as one JSON document.

    Its pictures are told by their keys in the image store. Safe beside a running service.
    """
    click.echo(json.dumps(exported(from_environment(), account), ensure_ascii=False, indent=2))


@command.command("erase")
@click.argument("account")
@click.option("--reason", required=True, help="Why; it stays in the account's stream, so name nobody.")
@click.option("--by", default=getuser, show_default="your user name", help="Who decided.")
@click.confirmation_option(prompt="What is erased does not come back. Go on?")
def erase(account: str, *, reason: str, by: str) -> None:
    """Forget who ACCOUNT is: e-mail, name, prompts, pictures, requests. The ledger stays, under the account's id.

    Refused while a subscription is live or credits are on hold. Safe beside a running service, and to repeat.
    """
    grounds = Grounds(by=by, note=reason, code=ReasonCode.REQUESTED_BY_CUSTOMER)
    pictures = asyncio.run(erased(from_environment(), account, grounds))
    click.echo(f"{account} is erased, with {pictures} files of pictures. Delete the customer at Stripe, too.")
