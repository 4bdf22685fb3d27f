"""Serving the API."""

import asyncio

import click

from billing_core.entrypoints.http.app import build_app
from billing_core.entrypoints.http.auth import token
from billing_core.entrypoints.http.sight import Sight
from billing_core.entrypoints.http.webhooks import PATH
from billing_core.entrypoints.lifespan import running
from billing_core.entrypoints.logs import to_standard_error
from billing_core.entrypoints.serving import serve
from billing_core.entrypoints.settings import Settings, from_environment, with_secrets
from billing_core.entrypoints.starting import ensure_startable


@click.command("serve")
@click.option("--jobs/--no-jobs", default=True, help="Whether to run jobs too, or to leave them to workers.")
def command(*, jobs: bool) -> None:
    """Serve the API at HOST:PORT (127.0.0.1:8000); without keys nobody pays, and pictures are drawn."""
    settings = with_secrets(from_environment())
    asyncio.run(ensure_startable(settings, jobs=jobs))
    sight = Sight(tell=to_standard_error(settings))
    app = build_app(
        settings, lambda: running(settings, webhook_url=f"{settings.base_url}{PATH}", jobs=jobs), sight=sight
    )
    click.echo(f"billing-core serves at {settings.base_url} (API at /api/v1, its description at /schema)")
    click.echo(f"payments are of {settings.mode.value} mode (what is missing: billing-core doctor)")
    click.echo(f"pictures are {settings.images.told}")
    if not settings.mode.is_live:
        _tell_tokens(settings)
    serve(app, host=settings.host, port=settings.port, let_go=app.state.opened.let_go)


def _tell_tokens(settings: Settings) -> None:
    """For trying it out. What a live service prints may be kept in a log, and one of them is an administrator's."""
    customer, admin = token(settings, "customer-1"), token(settings, "admin-1", admin=True)
    click.echo(f"open as a customer: {settings.base_url}/signin#token={customer}")
    click.echo(f"open as an admin:   {settings.base_url}/signin#token={admin}")
    click.echo(f"customer token: {customer}")
    click.echo(f"admin token:    {admin}")
