"""An image provider on a bad day."""

from attrs import evolve, frozen

from billing_core.ports.errors import ImageRefused, Misconfigured, OutcomeUnknown, Unavailable
from billing_core.ports.images import ImageGenerator, ImageRequest, Made, Watch, unwatched
from billing_core.testing.chaos.faults import Fault, Faults

_PLACE = "images.generate"
_POSSIBLE = (
    Fault.REFUSED,
    Fault.AWAY,
    Fault.LOST_BEFORE,
    Fault.LOST_AFTER,
    Fault.LATE,
    Fault.FEWER,
    Fault.MISCONFIGURED,
    Fault.CUT,
)


@frozen
class ChaoticImages:
    """Any generator, which now and then refuses, is not set up, is away, times out before or after the pictures were
    made, also once one was shown, is late, or makes fewer than asked for."""

    images: ImageGenerator
    faults: Faults

    async def generate(self, request: ImageRequest, *, watch: Watch = unwatched) -> Made:
        fault = self.faults.draw(_PLACE, *_POSSIBLE)
        match fault:
            case Fault.REFUSED:
                raise ImageRefused("moderation_blocked", "refused by chaos")
            case Fault.MISCONFIGURED:
                raise Misconfigured("the image provider", "not set up, by chaos")
            case Fault.AWAY:
                raise Unavailable("the image provider")
            case Fault.LOST_BEFORE:
                raise OutcomeUnknown(_PLACE)
            case Fault.LOST_AFTER:
                await self.images.generate(request, watch=watch)
                raise OutcomeUnknown(_PLACE)
            case Fault.CUT:
                made = await self.images.generate(request, watch=watch)
                await watch(made.pictures[0])
                raise OutcomeUnknown(_PLACE)
            case Fault.LATE:
                await self.faults.late(_PLACE)
            case _:
                pass
        made = await self.images.generate(request, watch=watch)
        if fault is not Fault.FEWER:
            return made
        return evolve(made, pictures=made.pictures[: max(1, len(made.pictures) // 2)])
