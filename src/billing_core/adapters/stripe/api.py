"""Asking Stripe's API. What comes back is plain JSON, read by the same readers as webhooks.

Promises of every request: a time-out, two retries of the SDK with the same idempotency key, patience where Stripe says
"too many", and no error but the port's. Neither keys nor bodies are logged.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from secrets import token_hex

import stripe
from attrs import evolve, field, frozen

from billing_core.adapters.stripe.errors import (
    STRIPE,
    ServerFailed,
    failure_of,
    is_of_a_twin,
    is_too_many,
    unreadable,
)
from billing_core.adapters.stripe.pace import Pace, Patience
from billing_core.adapters.stripe.shapes import Misshapen, Shape, needed, rows, text
from billing_core.adapters.stripe.transport import Answering, Transport
from billing_core.ports.errors import GatewayRefused, OutcomeUnknown, Unavailable, UnknownAtGateway

LIVE_BASE = "https://api.stripe.com"
_RETRIES = 2
_PAGE = 100
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}")
_PLAIN_KEY = re.compile(r"[!-~]{1,200}")

Find = Callable[[], Awaitable[Shape | None]]
"""Looks whether a change was done already: the object that came of it, or None."""


async def nothing() -> None:
    """The Find of a change that does no harm when it is done twice."""


def any_key() -> str:
    """A key for a change that may be done any number of times, and that an answer kept for a day would spoil."""
    return token_hex(16)


def of(collection: str, object_id: str, *more: str) -> str:
    """The path of one object of a collection, or of what hangs on it. Raises UnknownAtGateway for what is no id: ids
    come from outside, and must not lead elsewhere."""
    if not _ID.fullmatch(object_id):
        raise UnknownAtGateway(f"{collection.rpartition('/')[2]} of that id")
    return "/".join((collection, object_id, *more))


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turns Misshapen into GatewayRefused: a person must look at an object that cannot be read."""
    try:
        yield
    except Misshapen as misshapen:
        raise GatewayRefused(f"{what} cannot be read: {misshapen.problem}") from misshapen


@frozen
class Api:
    """Stripe's API. Parameters are named as Stripe names them; None is left out, and "" unsets.

    Raises everywhere: Unavailable (nothing was done), UnknownAtGateway, GatewayRefused (as `Refused`, with its code);
    on changes also OutcomeUnknown, IdempotencyKeyReused, and `Declined` where a card or a bank says no.
    """

    _client: stripe.StripeClient = field(repr=False)
    _pace: Pace = field(factory=Pace)
    _patience: Patience = field(factory=Patience)
    _is_bulk: bool = False

    def in_bulk(self) -> "Api":
        """The same for work that reads a lot: every read keeps the pace."""
        return evolve(self, is_bulk=True)

    async def get(self, path: str, **params: object) -> Shape:
        """The object at the path."""
        if self._is_bulk:
            await self._pace.turn()
        return await self._read(path, params)

    async def pages(self, path: str, *, after: str | None = None, **params: object) -> AsyncIterator[Shape]:
        """The objects of a list in Stripe's order, beginning behind `after`; a hundred in memory at a time."""
        while True:
            await self._pace.turn()
            page = await self._read(path, {"limit": _PAGE, "starting_after": after, **params})
            with reading(f"a page of {path}"):
                listed = rows(page, "data")
            for row in listed:
                yield row
            if page.get("has_more") is not True:
                return
            with reading(f"a page of {path}"):
                last = needed(text(listed[-1], "id") if listed else None, "last id")
            if last == after:
                raise GatewayRefused(f"the pages of {path} do not end")
            after = last

    async def post(self, path: str, *, key: str, find: Find | None = None, **params: object) -> Shape:
        """Makes or changes the object at the path, once per idempotency key.

        Stripe keeps a 5xx for a day and answers it again under the same key, so then `find` is asked whether it was
        done all the same; where it was not, a second key is tried and, where it would do no harm, one that is new each
        time: else who came while Stripe was down would be kept out for a day. Without `find` it is OutcomeUnknown.
        """
        return await self._change("post", path, key, find, params)

    async def delete(self, path: str, *, key: str, **params: object) -> Shape:
        """Ends the object at the path. It is gone after the first time, so a second one is UnknownAtGateway."""
        return await self._change("delete", path, key, None, params)

    async def _read(self, path: str, params: dict[str, object]) -> Shape:
        return await self._ask("get", path, None, params)

    async def _change(self, method: str, path: str, key: str, find: Find | None, params: dict[str, object]) -> Shape:
        key = _fitting(key)
        try:
            return await self._ask(method, path, key, params)
        except ServerFailed:
            if find is None:
                raise OutcomeUnknown(f"{method.upper()} {path}") from None
        found = await find()
        if found is not None:
            return found
        for other in (f"{key}:again", *([any_key()] if find is nothing else [])):
            with suppress(ServerFailed):
                return await self._ask(method, path, other, params)
        raise OutcomeUnknown(f"{method.upper()} {path}")

    async def _ask(self, method: str, path: str, key: str | None, params: dict[str, object]) -> Shape:
        """One request, asked again where Stripe says "too many", or is still busy with its twin. Causes are left out of
        what is raised, since they carry bodies."""
        what = f"{method.upper()} {path}"
        pauses = self._patience.lengths()
        while True:
            try:
                answer = await self._client.raw_request_async(method, path, idempotency_key=key, **params)
            except stripe.StripeError as error:
                pause = _pause(error, next(pauses, None), longest=self._patience.longest_s)
                if pause is None:
                    raise failure_of(error, what=what, key=key) from None
            except (AttributeError, TypeError, UnicodeDecodeError):  # the SDK stumbles over what is no object or text
                raise unreadable(what, key) from None
            else:
                if not isinstance(answer.data, dict):
                    raise unreadable(what, key)
                return answer.data
            await self._patience.sleep(pause)


def _fitting(key: str) -> str:
    """The key as a header can carry it: keys are made of account ids, which may be long and in any script."""
    return key if _PLAIN_KEY.fullmatch(key) else sha256(key.encode()).hexdigest()


def _pause(error: stripe.StripeError, pause: float | None, *, longest: float) -> float | None:
    """How long to wait before asking again: what Stripe wants, at least our own pause; None where that does not help.
    Raises Unavailable where it is too long."""
    if is_of_a_twin(error):
        return pause
    if not is_too_many(error):
        return None
    said = (error.headers or {}).get("retry-after", "")
    wanted = int(said) if said.isascii() and said.isdigit() and len(said) < 7 else 0
    if pause is None or wanted > longest:
        raise Unavailable(STRIPE, retry_after_s=max(1, wanted)) from None
    return max(pause, wanted)


def open_api(
    answering: Answering,
    *,
    key: str,
    base: str = LIVE_BASE,
    pace: Pace | None = None,
    patience: Patience | None = None,
) -> Api:
    """An Api that asks by `answering`. `key` is the secret key, `base` where the API is."""
    patience = patience or Patience()
    client = stripe.StripeClient(
        key,
        base_addresses={"api": base.rstrip("/")},
        max_network_retries=_RETRIES,
        http_client=Transport(answering, sleep=patience.sleep),
    )
    return Api(client, pace or Pace(), patience)
