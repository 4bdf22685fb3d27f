"""Making a token for trying things out."""

import click

from billing_core.entrypoints.http.auth import token
from billing_core.entrypoints.settings import from_environment, with_secrets


@click.command("token")
@click.argument("account")
@click.option("--admin", is_flag=True, help="Give it the admin role.")
def command(account: str, *, admin: bool) -> None:
    """Print a token for ACCOUNT, and nothing else."""
    click.echo(token(with_secrets(from_environment()), account, admin=admin))
