"""What the door itself refuses, before any use case is asked."""

from attrs import define, field, frozen


class Refusal(Exception):
    """Root of the door's own refusals."""


@frozen
class FieldProblem:
    """A field of the request, and what is wrong with it."""

    field: str
    problem: str


@define(str=False)
class UnreadableRequest(Refusal):
    """The request is not what HTTP or JSON allow, so nothing of it was looked at."""

    problem: str

    def __str__(self) -> str:
        return self.problem


@define(str=False)
class InvalidFields(Refusal):
    """The request can be read, but some of its fields are wrong."""

    errors: tuple[FieldProblem, ...]

    def __str__(self) -> str:
        return "; ".join(f"{error.field}: {error.problem}" for error in self.errors)


@define(str=False)
class BadIdempotencyKey(Refusal):
    """The Idempotency-Key header is empty, too long, or not printable ASCII."""

    def __str__(self) -> str:
        return "Idempotency-Key must be 1 to 255 printable ASCII characters, given once"


@define(str=False)
class Unauthorized(Refusal):
    """No token, or one that is not valid. `problem` repeats nothing of the token."""

    problem: str = field(default="send Authorization: Bearer and a token")

    def __str__(self) -> str:
        return self.problem


@define(str=False)
class Forbidden(Refusal):
    """The token is valid, but only an admin may do this."""

    def __str__(self) -> str:
        return "only an admin may do this"


@define(str=False)
class KeyNotAllowed(Refusal):
    """The API key is valid, but does not open this: its `scope` is missing or, without one, no key opens it."""

    scope: str | None

    def __str__(self) -> str:
        return "no API key opens this" if self.scope is None else f"the API key has no scope {self.scope}"


@define(str=False)
class PaymentsDisabled(Refusal):
    """The operator has switched payments off."""

    def __str__(self) -> str:
        return "payments are switched off at the moment"


@define(str=False)
class RedirectNotAllowed(Refusal):
    """The URL would send the customer somewhere that the operator has not allowed."""

    field: str

    def __str__(self) -> str:
        return f"{self.field} is not at an allowed origin"


@define(str=False)
class TooManyStreams(Refusal):
    """The account has as many streams of events open as it may."""

    limit: int

    def __str__(self) -> str:
        return f"{self.limit} streams are open; close one first"


@define(str=False)
class RateLimited(Refusal):
    """Asked too often, by one of the limits."""

    retry_after_s: int
    limit: str
    per_minute: int

    def __str__(self) -> str:
        return f"too many requests ({self.limit}: {self.per_minute} a minute); try again in {self.retry_after_s} s"
