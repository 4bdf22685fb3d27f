"""What may be posted to the webhook's route by whoever knows no secret, by whoever does, and by a broken line."""

import hmac
import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from hashlib import sha256
from random import Random
from typing import Any

from attrs import frozen

from tests.stripe.objects import event_types, fits, objects
from tests.stripe.samples import BEFORE_BASIL, SINCE_BASIL, Json, a_line, an_event, an_invoice

PATH = b"/api/v1/subscriptions/webhook"
LARGEST = 1024 * 1024
VERSIONS: Sequence[object] = (*SINCE_BASIL, *BEFORE_BASIL, None, "tomorrow", 3)
ODD: Sequence[object] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**53, 2**63, 2**64, 10**300, -0.5, 1e308, 1e-320),
    *("", "0", "-1", "x" * 5_000, "\0", "\N{FOX FACE}", "\N{RIGHT-TO-LEFT OVERRIDE}", "1e999", "2026-02-30T00:00:00Z"),
    *("cus_1", "sub_1", "price_1"),
    *([], [None], [[]], [{}], {}, {"id": None}, {"id": "in_1", "object": "invoice"}, {"data": []}, {"": ""}),
)
BROKEN = (
    *(b"", b"null", b"{", b"[]", b'"', b"NaN", b"-", b"1e", b"\x00", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}"),
    *(b'{"id":"evt_1","id":"evt_2","type":"a.b"}', b'{"id":"evt_1","type":"\xed\xa0\x80"}', b'{"a":"\\ud800"}'),
    *(b"[" * 100_000, b'{"a":' * 20_000 + b"1" + b"}" * 20_000, b'{"id":"evt_1","type":"a.b","created":1e999999}'),
    b'{"id":"evt_1","type":"invoice.paid","created":' + b"9" * 5_000 + b"}",
)
DIGITS = b"0123456789abcdefABCDEF,=tv1 \x00\xff"


@frozen
class Posted:
    """A request: its body in the pieces that it comes in, and its headers and query."""

    pieces: tuple[bytes, ...]
    headers: tuple[tuple[bytes, bytes], ...]
    query: bytes = b""


@frozen
class Poster:
    """Makes requests of the dice, for a route that knows the secret and whose clock shows `now_s`."""

    dice: Random
    secret: bytes
    now_s: int

    def requests(self, count: int) -> Iterator[Posted]:
        for _ in range(count):
            yield self._request()

    def _request(self) -> Posted:
        body = self._body()
        signatures = self._signatures(body)
        if self.dice.random() < 0.1:
            body = self._damaged(body)  # on its way: what was signed is another
        headers = tuple((b"stripe-signature", signature) for signature in signatures)
        return Posted(self._in_pieces(body), headers + self._others(), self._query())

    def _body(self) -> bytes:
        makers = (self._wrong_somewhere, self._genuine, self._damaged_text, self._nothing)
        return self.dice.choices(makers, (60, 10, 20, 10))[0]()

    def _event(self) -> Json:
        event: Json = deepcopy(self.dice.choice(genuine()))
        event["id"] = f"evt_{self.dice.randrange(500)}"
        event["api_version"] = self.dice.choice(VERSIONS)
        event["created"] = self.now_s - self.dice.choice((0, 1, 3_600, 10**7, -(10**6)))
        return event

    def _genuine(self) -> bytes:
        return json.dumps(self._event()).encode()

    def _wrong_somewhere(self) -> bytes:
        """An event with other values in some places, or without what stood there."""
        event = self._event()
        for _ in range(self.dice.choice((1, 1, 2, 5))):
            found = list(_places(event))
            if not found:
                break
            holder, key = self.dice.choice(found)
            if self.dice.random() < 0.3:
                del holder[key]
            else:
                holder[key] = deepcopy(self.dice.choice(ODD))
        return json.dumps(event, ensure_ascii=self.dice.random() < 0.5).encode(errors="surrogatepass")

    def _damaged_text(self) -> bytes:
        return self._damaged(self._genuine())

    def _nothing(self) -> bytes:
        """No event at all, and now and then more than is taken."""
        roll = self.dice.random()
        if roll < 0.05:
            return b" " * (LARGEST + self.dice.choice((0, 1, 100)))
        return self.dice.choice(BROKEN) if roll < 0.5 else self.dice.randbytes(self.dice.randrange(200))

    def _damaged(self, body: bytes) -> bytes:
        changed = bytearray(body)
        for _ in range(self.dice.choice((1, 1, 3, 20))):
            at, other = (self.dice.randrange(len(changed) + 1) for _ in range(2))
            match self.dice.randrange(4):
                case 0:
                    changed[at : at + 1] = bytes([self.dice.randrange(256)])
                case 1:
                    del changed[at : at + self.dice.randrange(1, 30)]
                case 2:
                    changed[at:at] = changed[other : other + self.dice.randrange(1, 30)]
                case _:
                    changed[at:at] = self.dice.choice((b"{", b"[", b"}", b'"', b"\\", b"\\u0000", b"9" * 400, b"\xc3"))
        return bytes(changed)

    def _signatures(self, body: bytes) -> list[bytes]:
        """Most are right, so that what stands behind the signature is asked too."""
        right = self._signed(body, self.now_s)
        match self.dice.choices(range(8), (70, 4, 8, 4, 4, 4, 3, 3))[0]:
            case 0:
                return [right]
            case 1:
                return []
            case 2:
                return [self._misspelled(right)]
            case 3:
                return [self._signed(body, self.now_s + self.dice.choice((-(10**9), -301, 301, 10**11)))]
            case 4:
                return [right, right]
            case 5:
                return [b"t=%d,v1=%064x" % (self.now_s, self.dice.getrandbits(256))]
            case 6:
                return [self.dice.randbytes(self.dice.randrange(100))]
            case _:
                return [right + b",v1=" * self.dice.randrange(3_000)]

    def _signed(self, body: bytes, at_s: int) -> bytes:
        digest = hmac.new(self.secret, b"%d." % at_s + body, sha256).hexdigest()
        return b"t=%d,v1=%s" % (at_s, digest.encode())

    def _misspelled(self, signature: bytes) -> bytes:
        at = self.dice.randrange(len(signature))
        return signature[:at] + bytes([self.dice.choice(DIGITS)]) + signature[at + self.dice.randrange(2) :]

    def _in_pieces(self, body: bytes) -> tuple[bytes, ...]:
        if self.dice.random() < 0.8:
            return (body,)
        cuts = sorted(self.dice.randrange(len(body) + 1) for _ in range(self.dice.randrange(1, 5)))
        return tuple(body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True))

    def _others(self) -> tuple[tuple[bytes, bytes], ...]:
        if self.dice.random() < 0.7:
            return ((b"content-type", b"application/json"),)
        names = (b"content-type", b"content-encoding", b"content-length", b"x-request-id", b"authorization", b"cookie")
        values = (b"gzip", b"", b"-1", b"9" * 30, b"\xff", b"Bearer x", b"text/plain; charset=utf-16", b"session=\x00")
        return tuple((name, self.dice.choice(values)) for name in names if self.dice.random() < 0.5)

    def _query(self) -> bytes:
        return self.dice.choice((b"a=1", b"%00", b"%zz", b"a=" + b"x" * 9_000)) if self.dice.random() < 0.05 else b""


@cache
def genuine() -> tuple[Json, ...]:
    """Each object that Stripe has, under each type of event that tells of it."""
    told = [*objects(), an_invoice(a_line())]
    return tuple(an_event(kind, each) for each in told for kind in event_types() if fits(each, kind))


def _places(value: object) -> Iterator[tuple[Any, Any]]:
    """Every place in the event, as what holds it and its key or index there."""
    match value:
        case dict():
            keys: Sequence[Any] = list(value)
        case list():
            keys = range(len(value))
        case _:
            return
    for key in keys:
        yield value, key
        yield from _places(value[key])
