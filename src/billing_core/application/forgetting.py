"""Forgetting the answers under idempotency keys once they are a day old: whoever repeats later asks anew."""

from collections.abc import Mapping
from datetime import timedelta

from attrs import frozen

from billing_core.ports.clock import Clock
from billing_core.ports.inbox import Inbox

KEPT = timedelta(hours=24)
AT_ONCE = 500
ROUTES = ("http:POST ", "http:DELETE ")
"""How the keys of routes begin. What has another name is done once for ever: credits that are brought along, a policy's
refund, a decision on an operators' page."""


@frozen
class Forgetting:
    """Forgets what was answered, a few at a time; what is not finished stays for whoever finishes it."""

    inbox: Inbox
    clock: Clock

    async def run(self, _args: Mapping[str, str]) -> None:
        """The job. Any number of them may run, and die, at any time. Raises Unavailable, OutcomeUnknown."""
        before = self.clock.now() - KEPT
        for prefix in ROUTES:
            while await self.inbox.forget_requests(prefix, before=before, limit=AT_ONCE) == AT_ONCE:
                pass
