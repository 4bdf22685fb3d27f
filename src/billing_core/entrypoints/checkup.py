"""What the doctor checks of this process's own settings.

To add a check, write one function here or a class in `application/diagnosing.py`, and name it in `diagnosing_of`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from urllib.parse import urlsplit

from billing_core.application.diagnosing import Check, Diagnosing, Finding, KeepingImages, error, ok, warning
from billing_core.application.diagnosing_books import checks_of
from billing_core.domain.errors import BillingError, PortFailure
from billing_core.entrypoints.container import movable_clock
from billing_core.entrypoints.http.keys import PUBLISHED, PublishedKeys
from billing_core.entrypoints.http.old_urls import WEBHOOKS
from billing_core.entrypoints.http.webhooks import PATH
from billing_core.entrypoints.lifespan import kept_clock, kept_offset
from billing_core.entrypoints.one_mode import wrong_mode
from billing_core.entrypoints.parts.books import books_mode, open_to_read, tables_are_behind
from billing_core.entrypoints.parts.catalogs import catalog_to_sell
from billing_core.entrypoints.parts.images import how_models_stand, image_store
from billing_core.entrypoints.parts.mail import greeted
from billing_core.entrypoints.parts.stripe import checks_at_stripe, given_prices
from billing_core.entrypoints.settings import MEMORY, Settings, named
from billing_core.entrypoints.stripe_settings import Mode


@asynccontextmanager
async def diagnosing_of(settings: Settings) -> AsyncIterator[Diagnosing]:
    """Every check that these settings allow."""
    checks: dict[str, Check] = {
        "payments": partial(_payments, settings),
        "tokens": partial(_tokens, settings),
        "catalog": partial(_catalog, settings),
        "database": partial(_database, settings),
        "images": partial(_images, settings),
        "models": partial(_models, settings),
        "mail": partial(_mail, settings),
    }
    async with AsyncExitStack() as stack:
        if settings.mode is not Mode.SIMULATED:
            heard = (PATH, *WEBHOOKS) if settings.old_urls else (PATH,)
            checks |= await stack.enter_async_context(checks_at_stripe(settings, webhook_paths=heard))
        checks |= await _of_books(settings, stack)
        yield Diagnosing(checks)


async def _payments(settings: Settings) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    if settings.mode is Mode.SIMULATED:
        findings.append(warning("Stripe is simulated: nobody pays", "set STRIPE_SECRET_KEY (docs/stripe.md)"))
    else:
        paying = "real money moves" if settings.mode is Mode.LIVE else "no real money moves"
        findings.append(ok(f"the keys are of {settings.mode.value} mode: {paying}"))
    if settings.mode is not Mode.SIMULATED and not settings.webhook_secrets:
        mend = "set it to the signing secret of the webhook endpoint, which begins with whsec_"
        findings.append(error("STRIPE_WEBHOOK_SECRET is not set: `serve` does not start", mend))
    if not settings.payments_enabled:
        findings.append(warning("STRIPE_ENABLED is false: checkouts answer 503", "unset it when you want to sell"))
    if settings.mode is Mode.LIVE and not settings.return_url.startswith("https://"):
        findings.append(warning(f"customers come back to {settings.return_url}", "set FRONTEND_URL to https://…"))
    return tuple(findings)


async def _tokens(settings: Settings) -> tuple[Finding, ...]:
    published = await _published_keys(settings) if settings.jwks_url else ()
    if settings.jwt_secret:
        return (ok("BILLING_JWT_SECRET is set"), *published)
    mend = "set BILLING_JWT_SECRET to what signs your users' tokens"
    if settings.is_on_postgresql:
        return (error("BILLING_JWT_SECRET is not set, and every process must have the same", mend), *published)
    if published:
        return published
    return (warning("BILLING_JWT_SECRET is not set: one is made up, which your own tokens are not signed with", mend),)


async def _published_keys(settings: Settings) -> tuple[Finding, ...]:
    host = urlsplit(settings.jwks_url).netloc
    try:
        keys = await PublishedKeys(settings.jwks_url).fetch()
    except PortFailure as problem:
        return (error(f"{host}: {problem}", "see that BILLING_JWKS_URL answers with a JSON Web Key Set"),)
    if not keys:
        mend = f"let it publish one for {' or '.join(PUBLISHED)}"
        return (error(f"{host} publishes no key that this server uses: nobody gets in", mend),)
    if settings.jwt_audience is None:
        mend = "set BILLING_JWT_AUDIENCE to what your sign-in calls this server"
        return (warning(f"a token that {host} signed for something else is as good here", mend),)
    return (ok(f"{host} publishes keys for tokens: {len(keys)}"),)


async def _catalog(settings: Settings) -> tuple[Finding, ...]:
    version = catalog_to_sell(settings).current
    given_prices(settings, version)
    name = settings.catalog or "the built-in catalog"
    return (ok(f"{name}: {len(version.plans)} plans, {len(version.packs)} packs"),)


async def _database(settings: Settings) -> tuple[Finding, ...]:
    if settings.database_url == MEMORY:
        return (warning("the books are in memory, and end with the process", "set BILLING_DATABASE_URL"),)
    name = named(settings.database_url)
    behind = await asyncio.to_thread(tables_are_behind, settings)
    if behind is None:
        return (ok(f"{name} is made at the first start"),)
    if behind:
        return (error(f"the tables of {name} are older than this version", "run `billing-core db upgrade`"),)
    kept = await books_mode(settings)
    if kept is not None and kept != settings.mode.value:
        return (error(wrong_mode(kept, settings.mode), "one set of books has one mode"),)
    return (ok(f"{name} answers, and its tables are up to date"),)


async def _images(settings: Settings) -> tuple[Finding, ...]:
    return await KeepingImages(image_store(settings))()


async def _models(settings: Settings) -> tuple[Finding, ...]:
    if not settings.images.are_drawn:
        mend = "give it an address that begins with https://"
        unencrypted = (warning(f"the key for {host} goes there unencrypted", mend) for host in settings.images.in_clear)
        return (*unencrypted, *await how_models_stand(settings))
    mend = "set the key of who makes the catalog's models (docs/images.md)"
    if settings.mode is Mode.LIVE:
        return (error("pictures are drawn placeholders: `serve` and `worker` do not start with a live key", mend),)
    return (warning("pictures are drawn placeholders", mend),)


async def _mail(settings: Settings) -> tuple[Finding, ...]:
    if settings.mail is None:
        return (warning("no mail is sent: notices stay in memory", "set BILLING_SMTP_URL (docs/notices.md)"),)
    try:
        server = await greeted(settings.mail, settings)
    except PortFailure as problem:
        return (error(str(problem), "mend BILLING_SMTP_URL (docs/notices.md)"),)
    findings = [ok(f"{server} takes mail from {settings.mail.sender.addr_spec}")]
    if not settings.admin_emails:
        findings.append(warning("no operator is told of incidents", "set BILLING_ADMIN_EMAILS"))
    return tuple(findings)


async def _of_books(settings: Settings, stack: AsyncExitStack) -> Mapping[str, Check]:
    """Those that read the books; none where there are none that can be read, which the check of the database tells."""
    clock = movable_clock(kept_offset(kept_clock(settings)))
    try:
        if settings.database_url == MEMORY or await asyncio.to_thread(tables_are_behind, settings) is not False:
            return {}
        books = await stack.enter_async_context(open_to_read(settings, clock))
    except (BillingError, ValueError, OSError):
        return {}
    return checks_of(books, clock)
