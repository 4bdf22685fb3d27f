"""The place of a job in the line, which tells whose turn it is: the earlier one's."""

from datetime import datetime

from billing_core.ports.jobs import HEAD_START
from billing_core.ports.records import Job


def place_of(job: Job, written_at: datetime) -> datetime:
    """As if it had been written earlier, by a head start for each point of its priority."""
    return written_at - job.priority * HEAD_START
