"""The database."""

import click

from billing_core.entrypoints.parts.books import upgrade_books
from billing_core.entrypoints.settings import from_environment, named


@click.group("db")
def command() -> None:
    """Look after the database."""


@command.command("upgrade")
def upgrade() -> None:
    """Bring the tables up to date. Safe to call at any time."""
    settings = from_environment()
    upgrade_books(settings)
    click.echo(f"{named(settings.database_url)} is up to date")
