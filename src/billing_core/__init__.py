"""Billing for an AI image product: plans, subscriptions, credits, entitlements and paid generation.

`Billing` is what an embedding developer needs. It is imported when it is first asked for, so that importing a rule
loads no web framework and no database.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from billing_core.facade import Billing

__all__ = ["Billing"]


def __getattr__(name: str) -> object:
    if name == "Billing":
        from billing_core.facade import Billing  # noqa: PLC0415 - late on purpose: see above

        return Billing
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
