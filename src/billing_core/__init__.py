"""Billing for an AI image product: plans, subscriptions, credits, entitlements and paid generation.

`Billing` is what an embedding developer needs, `BlockingBilling` the same for code without `async`. Each is imported
when it is first asked for, so that importing a rule loads no web framework and no database.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from billing_core.blocking import BlockingBilling
    from billing_core.facade import Billing
else:  # a type checker that saw it would believe in every name

    def __getattr__(name: str) -> object:
        if name in _HOMES:
            return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["Billing", "BlockingBilling"]

_HOMES = {"Billing": "facade", "BlockingBilling": "blocking"}
