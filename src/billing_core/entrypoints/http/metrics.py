"""`/metrics`: what this process has answered, and how the books stand, as Prometheus reads it.

Every label is one of a set that we know: routes, statuses, kinds, the catalog's models. Nobody can make more of them by
what they ask for.
"""

import asyncio
from collections.abc import Callable, Iterator
from hmac import compare_digest
from ipaddress import ip_address
from itertools import accumulate
from time import monotonic
from typing import Any

from attrs import define, field, frozen
from litestar import Controller, Request, Response, get
from litestar.exceptions import NotFoundException
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from billing_core.application.measuring import Measured
from billing_core.domain.incidents import IncidentKind
from billing_core.domain.invariants import Invariant
from billing_core.entrypoints.http.answered import Answered
from billing_core.entrypoints.http.auth import AUTH, NONE
from billing_core.entrypoints.http.opening import Opened
from billing_core.entrypoints.http.rates import UNCOUNTED
from billing_core.entrypoints.http.refusals import Unauthorized
from billing_core.entrypoints.settings import Settings
from billing_core.ports.errors import Unavailable
from billing_core.ports.groups import Groups, Spread

KEPT_S = 5.0
PASSED_ON = frozenset({"forwarded", "via", "x-forwarded-for", "x-real-ip"})


@define
class Looking:
    """The figures of the books, read at most once in `KEPT_S`, whoever asks. None while the books are away."""

    opened: Opened
    monotonic: Callable[[], float] = monotonic
    _read_s: float | None = field(default=None, init=False)
    _seen: Measured | None = field(default=None, init=False)
    _lock: asyncio.Lock = field(factory=asyncio.Lock, init=False)

    async def __call__(self) -> Measured | None:
        async with self._lock:
            if self._read_s is None or self.monotonic() - self._read_s >= KEPT_S:
                try:
                    self._seen = await self.opened.use_cases.measuring()
                except Unavailable:
                    self._seen = None
                self._read_s = self.monotonic()
            return self._seen


class Metrics(Controller):
    """`/metrics`"""

    path = "/metrics"
    opt = {AUTH: NONE, UNCOUNTED: True}  # noqa: RUF012 (the framework's own class attribute)
    include_in_schema = False

    @get("/")
    async def metrics(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """With the token of the metrics; without one set, to this machine alone. Raises Unauthorized."""
        ensure_may_read(request, request.app.state.settings)
        seen = await request.app.state.looking()
        return Response(exposed(request.app.state.answered, seen), headers={"content-type": CONTENT_TYPE_LATEST})


def ensure_may_read(request: Request[Any, Any, Any], settings: Settings) -> None:
    """Raises Unauthorized where the token is not the one that is set; NotFoundException where none is, for whoever
    comes from elsewhere or through a proxy, which makes everybody look as if they came from here."""
    token = settings.sight.metrics_token
    if token:
        sent = request.headers.get("authorization", "")
        if not compare_digest(sent.encode(), f"Bearer {token}".encode()):
            raise Unauthorized("the metrics have a token of their own")
    elif not _is_here(request.client.host if request.client else "") or not PASSED_ON.isdisjoint(request.headers):
        raise NotFoundException


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def exposed(answered: Answered, seen: Measured | None) -> bytes:
    """All metrics, in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(_Told((*_requests(answered), *_books(seen))))
    return generate_latest(registry)


@frozen(eq=False)
class _Told:
    """What a registry asks to have exposed."""

    metrics: tuple[Metric, ...]

    def collect(self) -> tuple[Metric, ...]:
        return self.metrics


def _requests(answered: Answered) -> Iterator[Metric]:
    labels = ("method", "route", "status")
    answers = CounterMetricFamily("billing_http_requests", "Requests, by route, method and status", labels=labels)
    for (method, route, status), count in answered.answers.items():
        answers.add_metric((method, route, str(status)), count)
    yield answers
    seconds = HistogramMetricFamily("billing_http_request_seconds", "How long requests took", labels=("route",))
    for route, times in answered.times.items():
        seconds.add_metric((route,), _buckets(times), times.sum)
    yield seconds


def _books(seen: Measured | None) -> Iterator[Metric]:
    yield GaugeMetricFamily("billing_books_up", "Whether the books could be read", value=int(seen is not None))
    if seen is None:
        return
    yield from _committed(seen.groups)
    if seen.heard_at is not None and seen.webhook_lag is not None:
        age_s, lag_s = (seen.at - seen.heard_at).total_seconds(), seen.webhook_lag.total_seconds()
        yield GaugeMetricFamily("billing_webhook_age_seconds", "How long ago the last webhook came", value=age_s)
        yield GaugeMetricFamily("billing_webhook_lag_seconds", "The latest webhooks' longest delay", value=lag_s)
    undone = {status.value: count for status, count in seen.undone.items()} | {"parked": seen.parked}
    yield _gauge("billing_webhooks_undone", "Webhooks that are not taken in", "status", undone)
    queue = seen.backlog
    by_state = {"due": queue.due, "under_way": queue.under_way, "later": queue.later, "failing": queue.failing}
    yield _gauge(
        "billing_jobs", "Jobs that wait or run; failing ones are counted among those that wait", "state", by_state
    )
    waits_s = 0.0 if queue.waits_since is None else (seen.at - queue.waits_since).total_seconds()
    yield GaugeMetricFamily("billing_jobs_oldest_wait_seconds", "How long the first in line waits", value=waits_s)
    incidents = {kind.value: seen.incidents.get(kind, 0) for kind in IncidentKind}
    yield _gauge("billing_incidents_open", "Incidents that nobody has resolved", "kind", incidents)
    made = GaugeMetricFamily("billing_generations_today", "Generations accepted today", labels=("model", "status"))
    for each in seen.generations:
        made.add_metric((each.model, each.status.value), each.generations)
    yield made
    if seen.last_round is not None and seen.last_round.ended_at is not None:
        found, holds = seen.last_round.found, seen.last_round.holds
        ended_s = (seen.at - seen.last_round.ended_at).total_seconds()
        yield _gauge(
            "billing_breaches",
            "Accounts of which something does not hold that must",
            "invariant",
            {each.value: found.get(each.value, 0) for each in Invariant},
        )
        yield GaugeMetricFamily("billing_holds_open", "Holds that were open when accounts were looked at", value=holds)
        yield GaugeMetricFamily("billing_breaches_age_seconds", "How long ago accounts were looked at", value=ended_s)


def _committed(groups: Groups) -> Iterator[Metric]:
    for name, told, spread in (
        ("billing_commit_changes", "Changes that were committed together", groups.sizes),
        ("billing_commit_seconds", "How long commits took", groups.seconds),
    ):
        yield HistogramMetricFamily(name, told, buckets=_buckets(spread), sum_value=spread.sum)


def _buckets(spread: Spread) -> list[tuple[str, float]]:
    return list(zip([*map(str, spread.bounds), "+Inf"], accumulate(spread.counts), strict=True))


def _gauge(name: str, told: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, told, labels=(label,))
    for value, count in values.items():
        gauge.add_metric((value,), count)
    return gauge
