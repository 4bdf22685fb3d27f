"""An account as an argument of a command."""

import click

from billing_core.application.naming import LONGEST_ID, is_account_id


def account_id(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """The argument's callback: the id of an account that there may be, one that a token could name."""
    if not is_account_id(value):
        raise click.BadParameter(f"{value!r} is no id of 1 to {LONGEST_ID} characters that a customer may have")
    return value
