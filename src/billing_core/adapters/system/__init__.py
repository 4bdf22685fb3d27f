"""Time and ids from the machine, and the ones that a test or a demo can steer."""

from billing_core.adapters.system.clocks import FixedClock, MovableClock, SystemClock
from billing_core.adapters.system.ids import CountingIds, SystemIds

__all__ = ["CountingIds", "FixedClock", "MovableClock", "SystemClock", "SystemIds"]
