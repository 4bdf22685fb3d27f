"""Proving that the order of the gateway's news does not matter, on a catalog of one's own."""

import asyncio
import json
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve

from billing_core.domain.catalog import Catalog
from billing_core.entrypoints.beside import beside_stripe
from billing_core.entrypoints.cli.progress import progress
from billing_core.entrypoints.parts.catalogs import catalog_of, catalog_text
from billing_core.entrypoints.settings import Settings, from_environment
from billing_core.ports.catalogs import KeptCatalog

if TYPE_CHECKING:
    from billing_core.testing.orders import Proof, Recording

_SINCE = datetime(2024, 1, 1, tzinfo=UTC)


@click.command("prove")
@click.option("--catalog", type=click.Path(exists=True, dir_okay=False), help="A catalog's file; else BILLING_CATALOG.")
@click.option("--history", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Tell this recording.")
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path), help="Write a recording of the books, only.")
@click.option("--newest", type=click.IntRange(min=1), default=1_000, show_default=True, help="Webhooks to record.")
@click.option("--orders", type=click.IntRange(min=1), default=1_000, show_default=True, help="How many to try.")
@click.option("--seed", type=int, help="What chance begins with: the same seed tries the same.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    *,
    catalog: str | None,
    history: Path | None,
    record: Path | None,
    newest: int,
    orders: int,
    seed: int | None,
    as_json: bool,
) -> None:
    """Try whether webhooks in any order, twice, or lost and reconciled, end in the same books.

    Lives are made up on the catalog against the simulated Stripe, or a recording is told: `--record FILE` writes one of
    the books' own webhooks, and of what Stripe answers about them (it holds what Stripe told of your customers).
    Exits 1 with the smallest order that could be found, where one ends otherwise.
    """
    if record is not None:
        recording = asyncio.run(_recorded(newest))
        record.touch(mode=0o600)
        recording.save(record)
        click.echo(f"{len(recording.webhooks):,} webhooks are recorded in {record}")
        return
    chosen = secrets.randbits(32) if seed is None else seed
    began = time.monotonic()
    with progress(hidden=as_json) as shown:
        task = shown.add_task("orders", total=orders)
        proof = asyncio.run(_prove(catalog, history, orders, chosen, lambda n: shown.update(task, completed=n)))
    told = _plain(proof, chosen, time.monotonic() - began)
    click.echo(json.dumps(told) if as_json else _line(told))
    if not proof.holds:
        if not as_json:
            click.echo("\n".join(told["counterexample"]))
        raise SystemExit(1)


async def _prove(catalog: str | None, history: Path | None, orders: int, seed: int, progressed: Any) -> "Proof":
    from billing_core.testing.orders import NoRecording, Proving, Recording  # noqa: PLC0415 - it is not for serving

    proving = Proving(Random(seed), progressed)
    if history is None:
        return await proving.generated(_catalog(catalog), orders=orders)
    try:
        recording = Recording.load(history, _catalog(catalog) if catalog else None)
    except NoRecording as error:
        raise click.ClickException(str(error)) from error
    return await proving.recorded(recording, orders=orders)


async def _recorded(newest: int) -> "Recording":
    from billing_core.testing.orders.keeping import recorded  # noqa: PLC0415 - it is not for serving

    async with beside_stripe(from_environment()) as container:
        return await recorded(container, newest=newest)


def _catalog(path: str | None) -> Catalog:
    settings = evolve(Settings(), catalog=path) if path else from_environment()
    return catalog_of((KeptCatalog(number=1, since=_SINCE, text=catalog_text(settings)),))


def _plain(proof: "Proof", seed: int, took_s: float) -> dict[str, Any]:
    from billing_core.testing.orders import told_of  # noqa: PLC0415 - it is not for serving

    return {
        "seed": seed,
        "holds": proof.holds,
        "orders": proof.orders,
        "distinct": proof.distinct,
        "lossy": proof.lossy,
        "incomparable": proof.incomparable,
        "histories": proof.histories,
        "webhooks": proof.webhooks,
        "types": sorted(proof.types),
        "told": proof.events,
        "unprocessed": sorted(proof.unprocessed),
        "seconds": round(took_s, 1),
        "counterexample": list(told_of(proof.counterexample)) if proof.counterexample else None,
    }


def _line(told: dict[str, Any]) -> str:
    verdict = "every order ended the same" if told["holds"] else "an order ended otherwise"
    lines = [
        f"seed {told['seed']}: {verdict}",
        f"{told['orders']:,} orders ({told['distinct']:,} different, {told['lossy']:,} with losses reconciled)",
        f"{told['histories']:,} histories with {told['webhooks']:,} webhooks of {len(told['types'])} types",
        f"{told['told']:,} webhooks told in {told['seconds']:,} s",
    ]
    if told["incomparable"]:
        lines.append(f"{told['incomparable']:,} orders let something else fall due, and were not compared there")
    if told["unprocessed"]:
        lines.append(f"{len(told['unprocessed']):,} webhooks were not processed in turn either")
    return "\n".join(lines)
