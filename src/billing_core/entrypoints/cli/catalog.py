"""The catalog file."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Column, Table

from billing_core.domain.catalog import CatalogVersion, Model, Unlimited
from billing_core.entrypoints.parts.catalogs import catalog_of, catalog_text
from billing_core.entrypoints.settings import from_environment
from billing_core.ports.catalogs import KeptCatalog

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)


@click.group("catalog")
def command() -> None:
    """Check and show the catalog: FILE, else BILLING_CATALOG, else the built-in one."""


@command.command("check")
@FILE
def check(file: Path | None) -> None:
    """Tell what is wrong with the file, by line and key; say nothing is, where nothing is."""
    version = _read(file)
    counts = (("plan", version.plans), ("pack", version.packs), ("rate", version.rates))
    told = ", ".join(f"{len(each)} {name}{'' if len(each) == 1 else 's'}" for name, each in counts)
    click.echo(f"{told}: no problem found")


@command.command("show")
@FILE
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for a program.")
def show(file: Path | None, *, as_json: bool) -> None:
    """Show plans, packs, models and the rate card."""
    version = _read(file)
    if as_json:
        click.echo(msgspec.json.encode(version))
        return
    console = Console()
    console.print(_plans(version))
    console.print(_packs(version))
    console.print(_models(version))
    console.print(_rates(version))


def _read(file: Path | None) -> CatalogVersion:
    text = file.read_text() if file else catalog_text(from_environment())
    return catalog_of((KeptCatalog(number=1, since=datetime.now(UTC), text=text),)).current


def _plans(version: CatalogVersion) -> Table:
    table = Table("plan", "price", "credits a month", "models", "images a day", "at once", title="Plans")
    for plan in sorted(version.plans, key=lambda plan: plan.rank):
        prices = "\n".join(f"{p.money} a {p.interval.value}" for p in plan.prices if p.interval) or "free"
        table.add_row(
            plan.key,
            prices,
            _limit(plan.allotment),
            "\n".join(plan.models),
            _limit(plan.images_per_day),
            str(plan.max_concurrent),
        )
    return table


def _packs(version: CatalogVersion) -> Table:
    table = Table("pack", "credits", "price", title="Packs")
    for pack in version.packs:
        table.add_row(pack.key, f"{pack.credits:,}", "\n".join(str(price.money) for price in pack.prices))
    return table


def _models(version: CatalogVersion) -> Table:
    table = Table("model", "provider", Column("its name there", overflow="fold"), "told for a quality", title="Models")
    for model in version.models:
        table.add_row(model.key, model.provider, model.name, "\n".join(_told(model)))
    return table


def _told(model: Model) -> Iterator[str]:
    for quality, parameters in model.parameters.items():
        yield f"{quality}: {', '.join(f'{name} = {value}' for name, value in parameters.items())}"


def _rates(version: CatalogVersion) -> Table:
    table = Table("model", "size", "quality", "credits an image", title="Rate card")
    for rate in version.rates:
        table.add_row(rate.model, rate.size, rate.quality, str(rate.credits))
    return table


def _limit(limit: int | Unlimited) -> str:
    return "unlimited" if isinstance(limit, Unlimited) else f"{limit:,}"
