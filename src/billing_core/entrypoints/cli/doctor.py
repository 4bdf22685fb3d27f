"""Looking for what keeps the product from working."""

import asyncio
import json
from collections import Counter

import click
from rich.console import Console
from rich.table import Table

from billing_core.application.diagnosing import Finding, Level
from billing_core.entrypoints.checkup import diagnosing_of
from billing_core.entrypoints.cli.progress import progress
from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.settings import Settings, from_environment
from billing_core.entrypoints.stripe_settings import Mode
from billing_core.entrypoints.test_cards import TEST_CARDS

_COLOURS = {Level.OK: "green", Level.WARNING: "yellow", Level.ERROR: "red"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON per finding, and a sum.")
def command(*, as_json: bool) -> None:
    """Check settings, Stripe, database, catalog, image store and image providers; say how to mend what is wrong.

    Changes nothing but a probe in the image store, which it deletes. Exits 1 on any error.
    """
    settings, findings = _found(hidden=as_json)
    counts = Counter(finding.level for finding in findings)
    if as_json:
        for finding in findings:
            told = {"check": finding.check, "level": finding.level.value, "text": finding.text, "mend": finding.mend}
            click.echo(json.dumps(told))
        click.echo(json.dumps({level.value: counts[level] for level in Level} | {"test_cards": _cards(settings)}))
    else:
        _print(findings, _cards(settings))
        click.echo(f"{counts[Level.ERROR]} errors, {counts[Level.WARNING]} warnings")
    if counts[Level.ERROR]:
        raise SystemExit(1)


def _found(*, hidden: bool) -> tuple[Settings | None, list[Finding]]:
    """Settings that are refused are the one finding: nothing else can be looked at without them."""
    try:
        settings = from_environment()
    except SettingsError as problem:
        mend = "set it right (docs/stripe.md and docs/images.md tell each setting)"
        return None, [Finding(level=Level.ERROR, check="settings", text=str(problem), mend=mend)]
    return settings, asyncio.run(_diagnosed(settings, hidden=hidden))


async def _diagnosed(settings: Settings, *, hidden: bool) -> list[Finding]:
    findings: list[Finding] = []
    async with diagnosing_of(settings) as diagnosing:
        with progress(hidden=hidden) as shown:
            task = shown.add_task("checking", total=len(diagnosing.checks))
            async for finding in diagnosing():
                findings.append(finding)
                shown.update(task, completed=len({each.check for each in findings}))
    return findings


def _cards(settings: Settings | None) -> dict[str, str]:
    return dict(TEST_CARDS) if settings is not None and settings.mode is not Mode.LIVE else {}


def _print(findings: list[Finding], cards: dict[str, str]) -> None:
    console, shown = Console(), Table("", "check", "finding", "how to mend it", box=None, pad_edge=False)
    for finding in findings:
        colour = _COLOURS[finding.level]
        shown.add_row(f"[{colour}]{finding.level.value}[/{colour}]", finding.check, finding.text, finding.mend)
    console.print(shown)
    for number, behaviour in cards.items():
        console.print(f"test card {number}: {behaviour}", highlight=False)
