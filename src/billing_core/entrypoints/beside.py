"""What is opened beside those who serve and work: for commands that look, bring in, or write what is due."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import token_hex

from attrs import evolve, frozen

from billing_core.application.accruing import Accruing
from billing_core.application.adjusting import Adjusting
from billing_core.application.auditing import Auditing
from billing_core.application.erasing import Erasing
from billing_core.application.explaining import Explaining
from billing_core.application.listing_webhooks import ListingWebhooks
from billing_core.application.overseeing import Overseeing
from billing_core.application.resolving import Resolving
from billing_core.application.summing_up import SummingUp
from billing_core.application.suspending import Suspending
from billing_core.entrypoints.container import Container, Described, movable_clock
from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.image_settings import ImageSettings
from billing_core.entrypoints.lifespan import OURS, kept_clock, kept_offset, opened
from billing_core.entrypoints.parts.books import ensure_shared, open_books
from billing_core.entrypoints.parts.catalogs import catalog_of, catalog_text
from billing_core.entrypoints.parts.stripe import answering_of
from billing_core.entrypoints.settings import Settings
from billing_core.entrypoints.stripe_settings import Mode


@frozen(kw_only=True)
class Operating:
    """Giving and taking credits, suspending and reinstating."""

    adjusting: Adjusting
    suspending: Suspending


@asynccontextmanager
async def beside_stripe(settings: Settings) -> AsyncIterator[Container]:
    """The books and Stripe, beside who serves or works: jobs that are made meanwhile are left to those.

    Raises what `running` raises; SettingsError where Stripe is simulated.
    """
    if settings.mode is Mode.SIMULATED:
        raise SettingsError("there is no STRIPE_SECRET_KEY: the simulated Stripe tells the books everything itself")
    secrets = settings.webhook_secrets or (token_hex(),)  # no webhook comes in here, and no picture is made
    async with opened(evolve(settings, webhook_secrets=secrets, images=ImageSettings()), OURS) as container:
        yield container


@asynccontextmanager
async def auditing_of(settings: Settings, *, asks_gateway: bool = False) -> AsyncIterator[Auditing]:
    """The audit on the books alone: nothing else runs meanwhile. Or with the gateway asked for each account too.

    Raises what `beside_stripe` raises where it is to be asked.
    """
    if asks_gateway:
        async with beside_stripe(settings) as container:
            yield evolve(container.auditing(), matching=container.matching())
        return
    async with _beside(settings) as container:
        yield container.auditing()


@asynccontextmanager
async def accruing_of(settings: Settings) -> AsyncIterator[Accruing]:
    """Accrual on the books alone."""
    async with _beside(settings) as container:
        yield container.accruing()


@asynccontextmanager
async def explaining_of(settings: Settings) -> AsyncIterator[Explaining]:
    """Explanations from the books alone."""
    async with _beside(settings) as container:
        yield container.explaining()


@asynccontextmanager
async def overseeing_of(settings: Settings) -> AsyncIterator[Overseeing]:
    """Everything at a glance, from the books alone."""
    async with _beside(settings) as container:
        yield container.overseeing()


@asynccontextmanager
async def summing_up_of(settings: Settings) -> AsyncIterator[SummingUp]:
    """Reports from the books alone."""
    async with _beside(settings) as container:
        yield container.summing_up()


@asynccontextmanager
async def operating_of(settings: Settings) -> AsyncIterator[Operating]:
    """What an operator does to an account that concerns the books alone, beside who serves or works."""
    async with _beside(settings) as container:
        yield Operating(adjusting=container.adjusting(), suspending=container.suspending())


@asynccontextmanager
async def erasing_of(settings: Settings) -> AsyncIterator[Erasing]:
    """Noting that an account is erased, beside who serves or works."""
    async with _beside(settings) as container:
        yield Erasing(accounts=container.books().accounts, catalog=container.catalog(), clock=container.clock())


@asynccontextmanager
async def resolving_of(settings: Settings) -> AsyncIterator[Resolving]:
    """Incidents, beside who serves or works. A simulated Stripe that lives there cannot be asked from here."""
    async with _beside(settings) as container:
        yield container.resolving()


@asynccontextmanager
async def webhooks_of(settings: Settings) -> AsyncIterator[ListingWebhooks]:
    """Kept webhooks, also those that nobody owns yet, beside who serves or works, and does the jobs that they make. The
    gateway is asked for its prices where they are taken in again, not where they are only looked at."""
    async with _beside(settings) as container:
        yield container.listing_webhooks()


@asynccontextmanager
async def _beside(settings: Settings) -> AsyncIterator[Container]:
    """The books alone: nothing else runs, and the catalog is the one that they keep, if there is one.

    Raises SettingsError where they are another process's memory.
    """
    ensure_shared(settings)
    clock, describe = movable_clock(kept_offset(kept_clock(settings))), Described()
    async with open_books(settings, describe, clock) as books:
        kept = await books.catalogs.kept() or await books.catalogs.keep(catalog_text(settings), now=clock.now())
        describe.catalog = catalog_of(kept)
        async with answering_of(settings, describe.catalog) as answering:
            container = Container(settings=settings, books=books, catalog=describe.catalog, clock=clock)
            container.answering.override(answering)
            yield container
