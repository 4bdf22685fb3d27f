"""Finding what keeps the product from working, before its customers do.

A check is a coroutine function that returns findings. What it raises is a finding too, so one that fails hides no
other. The checks that ask ports are here; those of one process's settings are added where these are known.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum

from attrs import evolve, frozen

from billing_core.application.checking_models import mend_of, problem_of
from billing_core.domain.catalog import CatalogVersion
from billing_core.domain.errors import BillingError
from billing_core.ports.clock import Clock
from billing_core.ports.gateway_setup import GatewaySetup, WebhookEndpoint
from billing_core.ports.images import ImageStore
from billing_core.ports.model_watch import ModelStanding, ModelWatch
from billing_core.ports.shelf import Shelf

TOLERANCE = timedelta(minutes=5)
_WORTH_TELLING = timedelta(seconds=30)
_PROBES = "doctor"
_PROBE = f"{_PROBES}/probe"


class Level(Enum):
    """How bad it is: an error keeps something from working, a warning may."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@frozen(kw_only=True)
class Finding:
    """What a check found. `mend` says what to do about it; neither holds a secret."""

    level: Level
    check: str = ""
    text: str
    mend: str = ""


Check = Callable[[], Awaitable[tuple[Finding, ...]]]


def ok(text: str) -> Finding:
    """All is well with it."""
    return Finding(level=Level.OK, text=text)


def warning(text: str, mend: str) -> Finding:
    """It works, but perhaps not as it was meant."""
    return Finding(level=Level.WARNING, text=text, mend=mend)


def error(text: str, mend: str) -> Finding:
    """It does not work."""
    return Finding(level=Level.ERROR, text=text, mend=mend)


@frozen
class Diagnosing:
    """Runs the checks one after the other, by name."""

    checks: Mapping[str, Check]

    async def __call__(self) -> AsyncIterator[Finding]:
        for name, check in self.checks.items():
            try:
                found = await check()
            except (BillingError, ValueError, OSError) as problem:
                found = (error(str(problem), f"mend it, then run `billing-core doctor` again ({name})"),)
            for finding in found:
                yield evolve(finding, check=name)


@frozen
class ReachingTheGateway:
    """The gateway answers, takes the key, and its clock agrees: a webhook that is dated too far off is refused."""

    setup: GatewaySetup
    clock: Clock

    async def __call__(self) -> tuple[Finding, ...]:
        before = self.clock.now()
        theirs = await self.setup.server_time()
        after = self.clock.now()
        if theirs is None:
            return (ok("it answers, and takes the key"),)
        return (_skew(_apart(theirs, before, after)),)


def _apart(theirs: datetime, before: datetime, after: datetime) -> timedelta:
    """How far their instant lies outside of what passed here meanwhile; they know no part of a second."""
    if theirs > after:
        return theirs - after
    return max(timedelta(0), before - theirs - timedelta(seconds=1))


def _skew(apart: timedelta) -> Finding:
    seconds = round(apart.total_seconds())
    mend = "set this machine's clock, and let it follow a time server (NTP)"
    if apart > TOLERANCE:
        return error(f"this clock and the gateway's are {seconds} s apart: every webhook would be refused", mend)
    if apart > _WORTH_TELLING:
        return warning(f"this clock and the gateway's are {seconds} s apart; from 300 s webhooks are refused", mend)
    return ok("it answers, takes the key, and its clock agrees")


@frozen
class ListeningToTheGateway:
    """The gateway sends its webhooks to one of our paths, all that are needed, in a version that is understood."""

    setup: GatewaySetup
    paths: tuple[str, ...]
    is_live: bool

    async def __call__(self) -> tuple[Finding, ...]:
        ours = [endpoint for endpoint in await self.setup.endpoints() if endpoint.url.endswith(self.paths)]
        if not ours:
            return (self._none(),)
        enabled = [endpoint for endpoint in ours if endpoint.enabled]
        if not enabled:
            return (error(f"the webhook endpoint {ours[0].url} is disabled", "enable it in the gateway's dashboard"),)
        return tuple(finding for endpoint in enabled for finding in _of(endpoint))

    def _none(self) -> Finding:
        text = f"no webhook endpoint ends with {self.paths[0]}"
        mend = "add one with your public https:// address (docs/stripe.md, step 3)"
        if self.is_live:
            return error(text, mend)
        forwarded = "fine while `stripe listen --forward-to` brings webhooks to this machine; else "
        return warning(text, forwarded + mend)


def _of(endpoint: WebhookEndpoint) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    if endpoint.missing:
        missing = ", ".join(endpoint.missing)
        findings.append(error(f"{endpoint.url} is not sent {missing}", "add these events to the endpoint"))
    if not endpoint.is_version_known:
        version = endpoint.version or "the account's default"
        mend = "make a new endpoint with a version that docs/stripe.md names, then delete this one"
        findings.append(warning(f"{endpoint.url} gets events of the API version {version}", mend))
    return tuple(findings) or (ok(f"{endpoint.url} gets every event that is needed"),)


@frozen
class StockingTheGateway:
    """What is on sale at the gateway is what the catalog says."""

    shelf: Shelf
    version: CatalogVersion

    async def __call__(self) -> tuple[Finding, ...]:
        mend = "run `billing-core sync-products`"
        differing = await self.shelf.compare(self.version)
        found = tuple(error(f"{c.deed.value} {c.thing} {c.key}: {c.detail}", mend) for c in differing)
        return found or (ok("products, prices and the portal are as the catalog says"),)


@frozen
class KeepingImages:
    """The image store takes a picture, gives it back, lists it, and forgets it."""

    store: ImageStore

    async def __call__(self) -> tuple[Finding, ...]:
        await self.store.put(_PROBE, b"probe")
        kept, listed = await self.store.get(_PROBE), await self.store.keys(_PROBES)
        await self.store.delete(_PROBE)
        left = await self.store.get(_PROBE)
        if kept != b"probe":
            return (error("the image store did not give back what was put there", "check BILLING_IMAGE_STORE"),)
        if _PROBE not in listed:
            return (error("the image store does not list what it has", "let its credentials list, too"),)
        if left is not None:
            return (error("the image store does not forget what is deleted", "let its credentials delete, too"),)
        return (ok("the image store can be written, read, listed and deleted from"),)


@frozen
class WatchingModels:
    """Pictures can be made with each model of the catalog, and will be in a month."""

    watch: ModelWatch
    clock: Clock

    async def __call__(self) -> tuple[Finding, ...]:
        return tuple(self._of(standing) for standing in await self.watch.standings())

    def _of(self, standing: ModelStanding) -> Finding:
        problem = problem_of(standing, self.clock.now())
        if problem is None:
            until = f" until {standing.retires_at:%d %B %Y}" if standing.retires_at else ""
            return ok(f"{standing.model} is made by {standing.provider} ({standing.name}){until}")
        found = warning if standing.problem is None else error
        return found(problem, mend_of(standing))
