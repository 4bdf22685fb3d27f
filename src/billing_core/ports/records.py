"""What else becomes durable with a change of an account: a closed union of values, one writer each per adapter."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import get_args

from attrs import field, frozen

from billing_core.domain.attempts import AttemptOutcome
from billing_core.domain.calendar import instant
from billing_core.domain.fraud import FraudPolicy, RiskLevel, WarningStatus
from billing_core.domain.generation import Failure, Generation, GenerationStatus, Image, Partial
from billing_core.domain.incidents import IncidentKind


@frozen
class GenerationOpened:
    """A generation was accepted."""

    generation: Generation


@frozen(kw_only=True)
class GenerationMoved:
    """A generation went on; None leaves a field as it was. A row in a terminal status never changes."""

    generation_id: str
    status: GenerationStatus
    started_at: datetime | None = field(default=None, validator=instant)
    ended_at: datetime | None = field(default=None, validator=instant)
    charged: int | None = None
    failure: Failure | None = None


@frozen(kw_only=True)
class AttemptMade:
    """A provider was asked for a generation's pictures, or (with `outcome`) what came of it.

    A second one of the same number adds what came of it: `error` in words for an operator, and what the provider says
    of its work. `at` of the first is when the attempt began, of the second when it ended. A further one counts only
    where it is certain and what was told before was not.
    """

    generation_id: str
    number: int
    at: datetime = field(validator=instant)
    outcome: AttemptOutcome = AttemptOutcome.STARTED
    error: str | None = None
    provider_request_id: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


@frozen
class PartialMade:
    """An unfinished picture of a running generation is in the image store, to be looked at until it is done."""

    partial: Partial


@frozen
class ImageAdded:
    """A picture is in the image store."""

    image: Image


@frozen(kw_only=True)
class ImageChanged:
    """A picture was made private or public, or deleted."""

    image_id: str
    private: bool | None = None
    deleted: bool = False


@frozen(kw_only=True)
class Job:
    """Work to do after the commit. Of the jobs with one `key`, at most one waits. Higher `priority` goes first."""

    task: str
    args: Mapping[str, str]
    priority: int = 0
    not_before: datetime | None = field(default=None, validator=instant)
    key: str | None = None


@frozen(kw_only=True)
class IncidentRaised:
    """Something that a person must look at. `key` is its cause's, so that the same oddity is one incident; `about` has
    the ids of what it is about, as an Incident has them."""

    key: str
    kind: IncidentKind
    detail: str
    at: datetime = field(validator=instant)
    about: Mapping[str, str] = field(factory=dict)


@frozen
class OwnerClaimed:
    """The account owns this id at the provider, for ever. An id that has an owner keeps it, and a person is told of
    who claims it too; not where it is `contested`: many may claim it, and the first one has it."""

    provider_id: str
    contested: bool = False


@frozen(kw_only=True)
class WarningKept:
    """A card's network warned of a payment of the account, and `policy` was followed at once.

    The first one keeps it; told again, only whether it is still `actionable` is news.
    """

    id: str
    payment: str
    kind: str
    risk: RiskLevel
    policy: FraudPolicy
    actionable: bool
    at: datetime = field(validator=instant)


@frozen(kw_only=True)
class WarningNoted:
    """A person moved the case of a warning, or wrote something down; None leaves it as it was."""

    id: str
    by: str
    at: datetime = field(validator=instant)
    status: WarningStatus | None = None
    notes: str | None = None


class CauseStatus(Enum):
    """How far a cause has got."""

    STARTED = "started"
    PROCESSED = "processed"
    FAILED = "failed"
    DEAD = "dead"


@frozen(kw_only=True)
class CauseFailed:
    """A cause could not be processed; it is kept with its body, and runs again when it comes again.

    One that is `dead` is not tried again by itself: a person must look at it, and may have it tried again.
    """

    key: str
    fingerprint: str
    kind: str
    body: bytes
    error: str
    at: datetime = field(validator=instant)
    dead: bool = False


Record = (
    GenerationOpened
    | GenerationMoved
    | AttemptMade
    | PartialMade
    | ImageAdded
    | ImageChanged
    | Job
    | IncidentRaised
    | OwnerClaimed
    | WarningKept
    | WarningNoted
    | CauseFailed
)

KINDS: tuple[type[Record], ...] = get_args(Record)
