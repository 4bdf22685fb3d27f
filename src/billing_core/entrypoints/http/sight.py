"""Every request is seen: it has an id, is counted, and gets one line in the log."""

import re
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from secrets import token_hex
from time import perf_counter

from attrs import field, frozen
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from billing_core.entrypoints.http.answered import NO_ROUTE, Answered
from billing_core.entrypoints.http.auth import Caller
from billing_core.entrypoints.logs import REQUEST_ID, Tell, silent

HEADER = b"x-request-id"
REQUEST_ID_SHAPE = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
EVENT = "event_id"
"""Where a route keeps, in the request's state, which webhook came."""

PROCESS = token_hex(6).encode()
_numbers = count(1)


@frozen
class Sight:
    """Wraps the app. The id is the one that was sent in `X-Request-Id`, if it is a short word, and is sent back."""

    answered: Answered = field(factory=Answered)
    tell: Tell = silent
    clock_s: Callable[[], float] = perf_counter

    def seeing(self, app: ASGIApp) -> ASGIApp:
        """The app, with each of its answers seen."""

        async def see(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP:
                await app(scope, receive, send)
                return
            began_s, request_id, status = self.clock_s(), _request_id(scope), 0

            async def note(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    message["headers"] = [*message.get("headers", ()), (HEADER, request_id)]
                await send(message)

            before = REQUEST_ID.set(request_id.decode())
            try:
                await app(scope, receive, note)
            finally:
                self._seen(scope, status, self.clock_s() - began_s)
                REQUEST_ID.reset(before)

        return see

    def _seen(self, scope: Scope, status: int, seconds: float) -> None:
        method, route = str(scope.get("method", "")), str(scope.get("path_template") or NO_ROUTE)
        self.answered.add(method, route, status, seconds)
        if self.tell is silent:
            return
        told: dict[str, object] = {"method": method, "route": route, "status": status, "ms": round(seconds * 1e3, 2)}
        caller, event = scope.get("user"), scope["state"].get(EVENT)
        if isinstance(caller, Caller):
            told["account_id"] = caller.account_id
            told |= {"key_id": caller.key.id} if caller.key else {}
        if event is not None:
            told[EVENT] = event
        with suppress(OSError, ValueError):  # a log that is full or closed takes nobody's answer away
            self.tell("request", **told)


def _request_id(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == HEADER and REQUEST_ID_SHAPE.fullmatch(value):
            return value
    return b"%s-%x" % (PROCESS, next(_numbers))
