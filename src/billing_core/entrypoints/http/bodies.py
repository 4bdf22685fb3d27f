"""Reading a request's body strictly: JSON, of the very shape that the route names, or a refusal that says why."""

import json
import re
from functools import lru_cache
from typing import Annotated, Any, cast

import msgspec
from litestar import Request
from msgspec import Meta

from billing_core.entrypoints.http.refusals import FieldProblem, InvalidFields, UnreadableRequest

NO_NUL = r"^[^\x00]*$"
MOST = 10**12

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=NO_NUL)]
Line = Annotated[str, Meta(min_length=1, max_length=500, pattern=NO_NUL)]
Url = Annotated[str, Meta(min_length=1, max_length=2048)]
Amount = Annotated[int, Meta(ge=1, le=MOST)]

_PLACE = re.compile(r"^(?P<problem>.*?)(?: - at `(?:key in )?\$\.?(?P<field>[^`]*)`)?$", re.DOTALL)
_FIELD = re.compile(r"(?:unknown|required) field `(?P<field>[^`]*)`")


class Body(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Root of all request bodies: what a body does not name, it does not take."""


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON is decoded straight into the type of the handler's `data`."""

    async def json(self) -> Any:
        """Raises UnreadableRequest, InvalidFields."""
        data = self.route_handler.parsed_data_field
        body = await self.body()
        if self.content_type[0] not in {"", "application/json"}:
            raise UnreadableRequest("send the body as application/json")
        return decoded(body, data.annotation if data else Any)


def decoded(body: bytes, shape: Any) -> Any:
    """The body as that type. Raises UnreadableRequest, InvalidFields."""
    try:
        value = _decoder(shape).decode(body)
        json.loads(body, object_pairs_hook=_each_once, parse_int=str, parse_float=str)
    except msgspec.ValidationError as error:
        raise InvalidFields((place_of(str(error)),)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableRequest("the body is not JSON") from error
    except RecursionError as error:
        raise UnreadableRequest("the body is nested too deeply") from error
    return value


def _each_once(fields: list[tuple[str, object]]) -> None:
    """Raises UnreadableRequest where a field is given twice: the decoder takes the last, and others the first."""
    if len({name for name, _ in fields}) < len(fields):
        raise UnreadableRequest("the body has a field twice")


@lru_cache(256)
def _decoder(shape: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(shape)


def place_of(message: str) -> FieldProblem:
    """The field that the decoder's message is about, and what it says of it."""
    told = cast("re.Match[str]", _PLACE.match(message))
    named = _FIELD.search(told["problem"])
    parts = [part for part in (told["field"], named["field"] if named else None) if part]
    return FieldProblem(".".join(parts), told["problem"])
