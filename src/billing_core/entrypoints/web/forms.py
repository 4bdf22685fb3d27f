"""What a form sent, as the type that the page asks for."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from attrs import frozen
from litestar import Request

from billing_core.entrypoints.http.bodies import place_of
from billing_core.entrypoints.http.refusals import InvalidFields

T = TypeVar("T")
CSRF_FIELD = "_csrf_token"


@frozen
class Form:
    """The fields that were filled in; one that was left empty counts as left out."""

    fields: dict[str, str]

    def read(self, shape: type[T]) -> T:
        """As that type: numbers, booleans and choices are read from their words. Raises InvalidFields."""
        try:
            return msgspec.convert(self.fields, shape, strict=False)
        except msgspec.ValidationError as error:
            raise InvalidFields((place_of(str(error)),)) from error

    def get(self, name: str) -> str:
        """One field; empty where it was left out."""
        return self.fields.get(name, "")


async def form_of(request: Request[Any, Any, Any]) -> Form:
    """The form of a request. A file is none of its fields."""
    sent = await request.form()
    return filled({name: value for name, value in sent.items() if isinstance(value, str) and name != CSRF_FIELD})


def filled(fields: Mapping[str, str]) -> Form:
    """A form of these fields, such as a link's query has."""
    stripped = {name: value.strip() for name, value in fields.items()}
    return Form({name: value for name, value in stripped.items() if value})
