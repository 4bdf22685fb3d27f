"""What the books in memory consist of. Accounts, events and answers are kept as bytes, as a database would."""

from collections import Counter
from datetime import datetime

from attrs import define, field, frozen

from billing_core.adapters.books.bell import Bell
from billing_core.adapters.books.writes import AccountWrite, EventWrite
from billing_core.domain.attempts import Attempt
from billing_core.domain.figures import Place
from billing_core.domain.generation import Generation, Image, Partial
from billing_core.domain.recurring import Standing
from billing_core.ports.api_keys import ApiKey
from billing_core.ports.catalogs import KeptCatalog
from billing_core.ports.directory import ParkedEvent
from billing_core.ports.inbox import StoredCause
from billing_core.ports.incidents import Incident
from billing_core.ports.records import Job
from billing_core.ports.warnings import FraudWarning


@frozen(kw_only=True)
class WaitingJob:
    """A job, its place in the line, and who has it until when.

    `attempt` grows with every claim, so it tells an old claim from a new one.
    """

    id: int
    job: Job
    place: datetime
    attempt: int = 0
    not_before: datetime | None = None
    leased_until: datetime | None = None
    error: str | None = None

    def is_due(self, now: datetime) -> bool:
        if self.leased_until is not None:
            return self.leased_until <= now
        return self.not_before is None or self.not_before <= now


@define(kw_only=True)
class MemoryState:
    """Everything that is kept. What belongs to an account has a key that begins with the account's id."""

    accounts: dict[str, AccountWrite] = field(factory=dict)
    events: dict[str, list[EventWrite]] = field(factory=dict)
    causes: dict[tuple[str, str], StoredCause] = field(factory=dict)
    generations: dict[tuple[str, str], Generation] = field(factory=dict)
    images: dict[tuple[str, str], Image] = field(factory=dict)
    images_of: dict[tuple[str, str], list[str]] = field(factory=dict)
    deleted: set[tuple[str, str]] = field(factory=set)
    attempts: dict[tuple[str, str], dict[int, Attempt]] = field(factory=dict)
    partials: dict[tuple[str, str], dict[tuple[int, int], Partial]] = field(factory=dict)
    incidents: dict[tuple[str | None, str], Incident] = field(factory=dict)
    warnings: dict[tuple[str, str], FraudWarning] = field(factory=dict)
    api_keys: dict[tuple[str, str], ApiKey] = field(factory=dict)
    jobs: dict[int, WaitingJob] = field(factory=dict)
    jobs_made: int = 0
    owners: dict[str, str] = field(factory=dict)
    parked: dict[str, ParkedEvent] = field(factory=dict)
    catalogs: list[KeptCatalog] = field(factory=list)
    bookmarks: dict[str, str] = field(factory=dict)
    standings: dict[str, tuple[int, Standing]] = field(factory=dict)
    daily_figures: Counter[Place] = field(factory=Counter)
    bell: Bell = field(factory=Bell)

    def waiting_job(self, key: str) -> WaitingJob | None:
        """The one job of that key that nobody has claimed."""
        waiting = (job for job in self.jobs.values() if job.leased_until is None and job.job.key == key)
        return next(waiting, None)
