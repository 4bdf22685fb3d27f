"""A generation: pictures asked for, queued, made and paid for once.

Life cycle: `queued` when it is accepted and its hold placed, `running` while a provider works on it, then
`succeeded`, `failed`, `refused` (the provider would not) or `canceled`. Those four absorb. Whether it may end is
decided by its hold, which has the same id.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from attrs import field, frozen
from attrs.validators import ge

from billing_core.domain.calendar import instant
from billing_core.domain.errors import IllegalTransition


class GenerationStatus(Enum):
    """How far a generation has gone."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    CANCELED = "canceled"

    @property
    def is_terminal(self) -> bool:
        return not TRANSITIONS[self]

    def ensure_may_become(self, new: "GenerationStatus") -> None:
        """Raises IllegalTransition where the table does not allow the step."""
        if new not in TRANSITIONS[self]:
            raise IllegalTransition(f"become {new.value}", self.value)


TRANSITIONS: Mapping[GenerationStatus, frozenset[GenerationStatus]] = {
    GenerationStatus.QUEUED: frozenset({GenerationStatus.RUNNING, GenerationStatus.CANCELED, GenerationStatus.FAILED}),
    GenerationStatus.RUNNING: frozenset(
        {
            GenerationStatus.RUNNING,
            GenerationStatus.SUCCEEDED,
            GenerationStatus.FAILED,
            GenerationStatus.REFUSED,
        }
    ),
    GenerationStatus.SUCCEEDED: frozenset(),
    GenerationStatus.FAILED: frozenset(),
    GenerationStatus.REFUSED: frozenset(),
    GenerationStatus.CANCELED: frozenset(),
}


@frozen
class Failure:
    """Why a generation ended without pictures, for a program and for a person."""

    code: str
    message: str


@frozen(kw_only=True)
class Image:
    """One stored picture. `key` is its place in the image store; `watermark` says that it carries one."""

    id: str
    account_id: str
    generation_id: str
    key: str
    width: int = field(validator=ge(1))
    height: int = field(validator=ge(1))
    format: str
    private: bool
    watermark: bool
    created_at: datetime = field(validator=instant)


@frozen(kw_only=True)
class Partial:
    """An unfinished picture, shown while its generation runs: the `number`th (from 1) of its attempt."""

    generation_id: str
    attempt: int = field(validator=ge(1))
    number: int = field(validator=ge(1))
    key: str
    width: int = field(validator=ge(1))
    height: int = field(validator=ge(1))
    format: str
    at: datetime = field(validator=instant)


@frozen(kw_only=True)
class Generation:
    """What was asked for, at what price, and what became of it. `credits` is the price of all `n` images."""

    id: str
    account_id: str
    prompt: str
    model: str
    size: str
    quality: str
    n: int = field(validator=ge(1))
    credits: int = field(validator=ge(0))
    priority: int = 0
    private: bool = False
    watermark: bool = False
    created_at: datetime = field(validator=instant)
    expires_at: datetime = field(validator=instant)
    status: GenerationStatus = GenerationStatus.QUEUED
    started_at: datetime | None = field(default=None, validator=instant)
    ended_at: datetime | None = field(default=None, validator=instant)
    charged: int = 0
    failure: Failure | None = None
    images: tuple[Image, ...] = ()
