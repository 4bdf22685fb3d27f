"""Running jobs beside those who serve."""

import asyncio
import signal

import click
from attrs import evolve

from billing_core.entrypoints.http.beside_workers import metrics_served
from billing_core.entrypoints.lifespan import working
from billing_core.entrypoints.logs import to_standard_error
from billing_core.entrypoints.settings import Settings, from_environment, named, with_secrets


@click.command("worker")
@click.option(
    "--concurrency", type=click.IntRange(min=1), default=4, show_default=True, help="Jobs at once, beside pictures."
)
def command(*, concurrency: int) -> None:
    """Run the jobs of books on PostgreSQL, on any number of machines, until SIGTERM or SIGINT.

    Pictures have a lane of their own: BILLING_IMAGE_CONCURRENCY (8) generations at once. What is under way at the end
    is finished. Once an hour one of all workers writes what is due for all accounts. At BILLING_METRICS_PORT, if it is
    set, /metrics is served.
    """
    settings = evolve(with_secrets(from_environment()), concurrency=concurrency)
    at_once = f"{settings.images.concurrency} generations and {concurrency} others at once"
    click.echo(f"billing-core runs the jobs of {named(settings.database_url)}, {at_once}")
    click.echo(f"pictures are {settings.images.told}")
    to_standard_error(settings)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await working(settings, stop=stop, beside=lambda use_cases: metrics_served(settings, use_cases))
