"""What every request passes first and every answer last: clean paths and queries in, security headers out."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from billing_core.entrypoints.http.answering import PROBLEM_JSON, body_of
from billing_core.entrypoints.http.problems import kind_of
from billing_core.entrypoints.http.refusals import UnreadableRequest

LONGEST_PATH, LONGEST_SEGMENT, LONGEST_QUERY = 4096, 255, 8192
BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")

HEADERS: Mapping[bytes, bytes] = {
    b"x-content-type-options": b"nosniff",
    b"content-security-policy": b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
}


def guarded(app: ASGIApp) -> ASGIApp:
    """The app behind the door."""

    async def enter(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        sheltered = shielded(send)
        try:
            scope["path"] = routed_path(scope["path"], scope.get("raw_path") or b"")
            ensure_query(scope["query_string"])
        except UnreadableRequest as error:
            await _refuse(error, sheltered)
            return
        await (_headed(app) if scope["method"] == HttpMethod.HEAD else app)(scope, receive, sheltered)

    return enter


def _headed(app: ASGIApp) -> ASGIApp:
    """The app where it is asked with HEAD: it answers as to GET, but for the body (RFC 9110, 9.3.2)."""

    async def enter(scope: Scope, receive: Receive, send: Send) -> None:
        asked: Any = {**scope, "method": HttpMethod.GET.value}

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        try:
            await app(asked, receive, send_head)
        finally:  # whoever looks on is told what was found out on the way
            asked["method"] = HttpMethod.HEAD.value
            scope.update(asked)

    return enter


def shielded(send: Send) -> Send:
    """Sends with the security headers that an answer does not have itself."""

    async def shield(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", []))
            named = {name.lower() for name, _ in headers}
            headers += [(name, value) for name, value in HEADERS.items() if name not in named]
            message["headers"] = headers
        await send(message)

    return shield


async def _refuse(error: UnreadableRequest, send: Send) -> None:
    kind = kind_of(error)
    headers = [(b"content-type", PROBLEM_JSON.encode())]
    await send({"type": "http.response.start", "status": kind.status, "headers": headers})
    await send({"type": "http.response.body", "body": body_of(error, kind), "more_body": False})


def routed_path(path: str, raw: bytes) -> str:
    """The path to route by: decoded, but for a slash or percent sign within a segment. Raises UnreadableRequest.

    Servers hand over a decoded path, in which an encoded slash looks like any other; so it is read from the raw one.
    """
    raw = raw.partition(b"?")[0]
    if max(len(path), len(raw)) > LONGEST_PATH:
        raise UnreadableRequest("the path is too long")
    if b"%" not in raw and "%" not in path and "\0" not in path and len(path) <= LONGEST_SEGMENT:
        return path
    if b"%" not in raw:
        segments = path.split("/")
    else:
        segments = [_decoded(segment) for segment in _mounted(path, raw).split(b"/")]
    if "\0" in path or any(len(segment) > LONGEST_SEGMENT for segment in segments):
        raise UnreadableRequest("the path has a segment that is too long, or holds NUL")
    return "/".join(segment.replace("%", "%25").replace("/", "%2F") for segment in segments)


def _mounted(path: str, raw: bytes) -> bytes:
    """The end of the raw path that the path was decoded from: where the app is mounted, the beginning is gone."""
    starts = [match.start() for match in re.finditer(rb"/", raw)]
    ends = (raw[start:] for start in starts)
    found = next((end for end in ends if unquote(end.decode("latin-1")).rstrip("/") == path.rstrip("/")), None)
    return raw if found is None else found


def _decoded(segment: bytes) -> str:
    if BAD_ESCAPE.search(segment):
        raise UnreadableRequest("the path is not percent-encoded")
    try:
        return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError as error:
        raise UnreadableRequest("the path is not UTF-8") from error


def ensure_query(query: bytes) -> None:
    """Raises UnreadableRequest for a query string that is too long, not percent-encoded, not UTF-8, or holds NUL."""
    if not query:
        return
    if len(query) > LONGEST_QUERY:
        raise UnreadableRequest("the query is too long")
    if BAD_ESCAPE.search(query):
        raise UnreadableRequest("the query is not percent-encoded")
    try:
        text = unquote_to_bytes(query).decode()
    except UnicodeDecodeError as error:
        raise UnreadableRequest("the query is not UTF-8") from error
    if "\0" in text:
        raise UnreadableRequest("the query holds NUL")


def unescaping(app: ASGIApp) -> ASGIApp:
    """The middleware that gives handlers their path parameters as they were meant."""

    async def unescape(scope: Scope, receive: Receive, send: Send) -> None:
        given = scope["path_params"]
        if any("%" in value for value in given.values()):
            scope["path_params"] = {name: unquote(value) for name, value in given.items()}
        await app(scope, receive, send)

    return unescape
