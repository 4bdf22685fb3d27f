"""A bad way for webhooks."""

from attrs import frozen

from billing_core.entrypoints.container import Deliver
from billing_core.testing.chaos.faults import Fault, Faults

_PLACE = "webhook"


@frozen
class ChaoticWebhooks:
    """A Deliver on which webhooks are lost before or after they were taken in, come twice, or late.

    What was not answered with 200 is sent again by the gateway, so a lost one is a late one.
    """

    deliver: Deliver
    faults: Faults

    async def __call__(self, body: bytes, signature: str) -> int:
        """The status; 0 for no answer."""
        fault = self.faults.draw(_PLACE, Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.TWICE, Fault.LATE)
        match fault:
            case Fault.LOST_BEFORE | Fault.LATE:
                return 0
            case Fault.LOST_AFTER:
                await self.deliver(body, signature)
                return 0
            case Fault.TWICE:
                await self.deliver(body, signature)
            case _:
                pass
        return await self.deliver(body, signature)
