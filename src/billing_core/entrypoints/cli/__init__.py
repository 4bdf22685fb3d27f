"""The command line. Each command lives in the module of its name, which is imported when it is called."""

from importlib import import_module
from typing import Any

import click

from billing_core.domain.errors import BillingError
from billing_core.entrypoints.environment import SettingsError

COMMANDS = (
    "account",
    "accrue",
    "audit",
    "catalog",
    "check-subscriptions",
    "db",
    "demo",
    "doctor",
    "explain",
    "grant",
    "import-credits",
    "import-stripe",
    "incidents",
    "prove",
    "reconcile",
    "reinstate",
    "report",
    "serve",
    "simulate",
    "suspend",
    "sync-products",
    "token",
    "webhooks",
    "worker",
)


class Commands(click.Group):
    """Loads a command when it is called, so that `--help` and `token` do not wait for a database or a web server."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name.replace('-', '_')}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """What is wrong is told in one line, not as a traceback."""
        try:
            return super().invoke(ctx)
        except (BillingError, SettingsError, OSError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands)
@click.version_option(package_name="billing-core")
def main() -> None:
    """Billing for an AI image product: plans, subscriptions, credits and paid image generation."""
