"""How ports fail. `Unavailable` is safe to try again; `OutcomeUnknown` is asked about, never guessed."""

from attrs import define

from billing_core.domain.errors import Conflict, NotFound, PortFailure


@define(str=False)
class Unavailable(PortFailure):
    """Nothing was done, and trying again is safe. `retry_after_s` is a hint."""

    what: str
    retry_after_s: int = 1

    def __str__(self) -> str:
        return f"{self.what} is unavailable"


@define(str=False)
class OutcomeUnknown(PortFailure):
    """It may have been done, or not: ask before trying again."""

    what: str

    def __str__(self) -> str:
        return f"the outcome of {self.what} is unknown"


@define(str=False)
class ImageRefused(PortFailure):
    """The provider will not make this picture, however often it is asked."""

    code: str
    message: str

    def __str__(self) -> str:
        return f"refused ({self.code}): {self.message}"


@define(str=False)
class Misconfigured(PortFailure):
    """A provider does not take what we are set up to send: a key, a model, a parameter. Nothing was done, and trying
    again is in vain before a person has changed something. `problem` is for that person, and names no secret."""

    what: str
    problem: str

    def __str__(self) -> str:
        return f"{self.what} is not set up: {self.problem}"


@define(str=False)
class NoticeRefused(PortFailure):
    """This notice will not be taken, however often it is sent: its address or its content is refused for good."""

    problem: str

    def __str__(self) -> str:
        return f"the notice was refused: {self.problem}"


@define(str=False)
class IdempotencyKeyReused(Conflict):
    """The idempotency key came before with another request. `key` is our name for it, or the gateway's."""

    key: str

    def __str__(self) -> str:
        return "the idempotency key was used for another request"


@define(str=False)
class StaleVersion(Conflict):
    """The account's row was changed by another writer; nothing was written."""

    account_id: str

    def __str__(self) -> str:
        return f"account {self.account_id} changed meanwhile"


@define(str=False)
class BadSignature(PortFailure):
    """A webhook is not from whom it says it is, or from too far away in time. `problem` names no secret."""

    problem: str

    def __str__(self) -> str:
        return f"webhook refused: {self.problem}"


@define(str=False)
class UnknownAtGateway(NotFound):
    """The gateway has no such object."""

    what: str

    def __str__(self) -> str:
        return f"the gateway has no {self.what}"


@define(str=False)
class GatewayRefused(PortFailure):
    """The gateway does not take what was asked, and will not however often it is asked: a wrong key, a setting, a
    parameter that it does not know. `problem` is its own word for it and names no secret."""

    problem: str

    def __str__(self) -> str:
        return f"the gateway refused: {self.problem}"
