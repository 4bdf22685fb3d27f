"""The door of the API: who asks, for what, whether it was asked before, and the answer's outside."""

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from email.utils import format_datetime
from itertools import count
from urllib.parse import urlsplit

import msgspec
from attrs import define, field, frozen

from billing_core.adapters.simulated.draft import API_VERSION, Draft
from billing_core.adapters.simulated.engine import Engine, known_answer
from billing_core.adapters.simulated.refusals import Refused
from billing_core.adapters.simulated.rest import forms
from billing_core.adapters.simulated.rest.errors import error, refusal_of
from billing_core.adapters.simulated.rest.expanding import expand
from billing_core.adapters.simulated.rest.keys import ensure_key
from billing_core.adapters.simulated.rest.params import Params
from billing_core.adapters.simulated.rest.routes import Handler, Reply, Routes
from billing_core.adapters.simulated.rest.table import EXPANDING, ROUTES
from billing_core.adapters.simulated.state import Answer
from billing_core.domain.errors import BillingError

log = logging.getLogger(__name__)

LONGEST_KEY = 255
Answered = tuple[int, Mapping[str, str], bytes]


@frozen
class Request:
    """One that is known to be somebody's."""

    id: str
    method: str
    path: str
    form: str
    key: str | None

    @property
    def fingerprint(self) -> str:
        """What must be the same where the key is the same."""
        return hashlib.sha256(f"{self.method} {self.path} {self.form}".encode()).hexdigest()


@define
class Door:
    """Answers requests as api.stripe.com does; never raises. While one is answered, its key is taken."""

    engine: Engine
    _routes: Routes = field(factory=lambda: Routes.of(ROUTES))
    _numbers: "count[int]" = field(factory=lambda: count(1))
    _taken: set[str] = field(factory=set)

    async def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """The status, headers and JSON. `url` may be whole, or a path with its query."""
        sent = {name.lower(): value for name, value in headers.items()}
        request_id = f"req_{next(self._numbers):014d}"
        outside = {
            "Content-Type": "application/json",
            "Date": format_datetime(self.engine.now(), usegmt=True),
            "Request-Id": request_id,
            "Stripe-Version": sent.get("stripe-version", API_VERSION),
        }
        try:
            request = _request(request_id, method.upper(), url, sent, body)
            if request.key is not None:
                outside["Idempotency-Key"] = request.key
            status, told, is_replayed = await self._answered(request)
            if is_replayed:
                outside["Idempotent-Replayed"] = "true"
        except Refused as refused:
            status, told = refused.status, msgspec.json.encode(error(refused))
        except Exception:  # whoever asked gets Stripe's own 500, whatever broke here
            log.exception("the simulated Stripe could not answer %s %s", method, urlsplit(url).path)
            broken = Refused(message="An unknown error occurred", type="api_error", status=500)
            status, told = broken.status, msgspec.json.encode(error(broken))
        return status, outside, told

    async def _answered(self, request: Request) -> tuple[int, bytes, bool]:
        if request.key is None:
            return *self._done(request), False
        known = self._known(request, request.key)
        if known is not None:
            return known.status, known.answer.encode(), True
        if request.key in self._taken:
            message = (
                "There is currently another in-progress request using this Stripe-provided idempotency key (that"
                " probably means you submitted twice, and the other request is still going through)."
            )
            raise Refused(message=message, code="idempotency_key_in_use", type="idempotency_error", status=409)
        self._taken.add(request.key)
        try:
            await asyncio.sleep(self.engine.settings.latency.total_seconds())
            return *self._done(request), False
        finally:
            self._taken.remove(request.key)

    def _known(self, request: Request, key: str) -> Answer | None:
        """What was answered to the same request. Raises Refused where the key stands for another one."""
        known = self.engine.change(lambda draft: known_answer(draft, key))
        if known is not None and known.request != request.fingerprint:
            message = (
                "Keys for idempotent requests can only be used with the same parameters they were first used with. Try"
                f" using a key other than '{key}' if you meant to execute a different request."
            )
            raise Refused(message=message, type="idempotency_error")
        return known

    def _done(self, request: Request) -> tuple[int, bytes]:
        found = self._routes.find(request.method, request.path)
        if found is None:
            raise Refused(message=f"Unrecognized request URL ({request.method}: {request.path}).", status=404)
        handler, ids = found

        def verb(draft: Draft) -> tuple[int, bytes]:
            reply = _reply(draft, handler, Params(forms.decode(request.form)), ids)
            told = msgspec.json.encode(reply.body)
            _remember(draft, request, reply.status, told)
            return reply.status, told

        try:
            return self.engine.change(verb, key=request.key, request=request.id)
        except (Refused, BillingError) as problem:
            refused = problem if isinstance(problem, Refused) else refusal_of(problem)
            told = msgspec.json.encode(error(refused))
            if _is_kept(refused):
                self.engine.change(lambda draft: _remember(draft, request, refused.status, told))
            return refused.status, told


def _request(request_id: str, method: str, url: str, sent: Mapping[str, str], body: bytes) -> Request:
    """Raises Refused."""
    ensure_key(sent.get("authorization"))
    parts = urlsplit(url)
    key = sent.get("idempotency-key") if method == "POST" else None
    if key is not None and len(key) > LONGEST_KEY:
        raise Refused(message=f"Idempotency keys can have {LONGEST_KEY} characters at most.", type="idempotency_error")
    try:
        form = body.decode() if method == "POST" else parts.query
    except UnicodeDecodeError as problem:
        raise Refused(message="Invalid request body: it is no UTF-8") from problem
    return Request(request_id, method, parts.path.rstrip("/"), form, key)


def _reply(draft: Draft, handler: Handler, params: Params, ids: Mapping[str, str]) -> Reply:
    expanding = params.texts("expand") or []
    answer = handler(draft, params, **ids)
    params.finish()
    reply = answer if isinstance(answer, Reply) else Reply(200, answer)
    expand(draft, reply.body, expanding, EXPANDING)
    return reply


def _remember(draft: Draft, request: Request, status: int, told: bytes) -> None:
    if request.key is not None:
        draft.put(
            Answer(id=request.key, request=request.fingerprint, answer=told.decode(), at=draft.now, status=status)
        )


def _is_kept(refused: Refused) -> bool:
    """Stripe remembers what came of a request once it was begun: not that it was malformed."""
    code = refused.code or ""
    return not code.startswith("parameter_") and code != "resource_missing"
