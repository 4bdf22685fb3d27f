"""How the catalog's models stand at those who make the pictures."""

from datetime import datetime
from enum import Enum
from typing import Protocol

from attrs import field, frozen

from billing_core.domain.calendar import instant


class ModelProblem(Enum):
    """Why no picture can be made with a model."""

    NOT_SET_UP = "not_set_up"
    KEY_REFUSED = "key_refused"
    UNKNOWN = "unknown"
    RETIRED = "retired"
    UNREACHABLE = "unreachable"


@frozen(kw_only=True)
class ModelStanding:
    """A model by its key in the catalog, and whether its provider still makes pictures with it.

    `retires_at` is when it will stop (or has stopped), where the provider tells.
    """

    model: str
    provider: str
    name: str
    problem: ModelProblem | None = None
    retires_at: datetime | None = field(default=None, validator=instant)


class ModelWatch(Protocol):
    """Asks the providers. What goes wrong there is told in the answer; nothing is raised."""

    async def standings(self) -> tuple[ModelStanding, ...]:
        """Each model of the catalog, in its order. A provider that lists no models has no unknown ones."""
        ...
