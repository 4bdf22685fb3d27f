"""A gateway on a bad day."""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any, cast

from attrs import frozen

from billing_core.ports.errors import OutcomeUnknown, Unavailable
from billing_core.ports.gateway import PaymentGateway
from billing_core.testing.chaos.faults import Fault, Faults

READS = frozenset(
    {
        "card_of",
        "fetch_event",
        "fetch_invoice",
        "fetch_payment",
        "fetch_payment_link",
        "fetch_subscription",
        "payments",
        "preview_change",
    }
)
"""The verbs that change nothing: one that is not answered is simply not done."""


def chaotic_gateway(gateway: PaymentGateway, faults: Faults) -> PaymentGateway:
    """The gateway, whose verbs are away, lose their answers before or after the effect, are late, or come twice.

    It fails only in the ways that the port tells of, so whoever calls it must be able to bear that.
    """
    return cast(PaymentGateway, _Chaotic(gateway, faults))


@frozen
class _Chaotic:
    _gateway: PaymentGateway
    _faults: Faults

    def __getattr__(self, name: str) -> object:
        verb = getattr(self._gateway, name)
        return self._at_risk(name, verb) if iscoroutinefunction(verb) else verb

    def _at_risk(self, name: str, verb: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        place = f"gateway.{name}"

        async def call(*args: Any, **kwargs: Any) -> Any:
            fault = self._faults.draw(place, Fault.AWAY, Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.TWICE, Fault.LATE)
            match fault:
                case Fault.AWAY:
                    raise Unavailable(place)
                case Fault.LOST_BEFORE:
                    raise _lost(name)
                case Fault.LOST_AFTER:
                    await verb(*args, **kwargs)
                    raise _lost(name)
                case Fault.TWICE:
                    await verb(*args, **kwargs)
                case Fault.LATE:
                    await self._faults.late(place)
                case _:
                    pass
            return await verb(*args, **kwargs)

        return call


def _lost(name: str) -> Exception:
    return Unavailable(f"gateway.{name}") if name in READS else OutcomeUnknown(f"gateway.{name}")
