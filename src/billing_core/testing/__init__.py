"""Tests of your own code against the whole product: docs/testing.md.

`billing_for_tests` opens a `Billing` on fakes, `plugin` has it as pytest fixtures; `webhook` is a signed sample of any
event; `chaos` makes things go wrong by a seed; `contracts` certify an adapter of yours; `strategies` draw histories.
Each is imported when it is first asked for: most need neither pytest nor Hypothesis.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from billing_core.testing.bench import Bench, billing_for_tests
    from billing_core.testing.chaos import Fault, Faults
    from billing_core.testing.images import PlainImages
    from billing_core.testing.stores import KeptImages
    from billing_core.testing.webhooks import webhook
else:  # a type checker that saw it would believe in every name

    def __getattr__(name: str) -> object:
        if name in _HOMES:
            return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["Bench", "Fault", "Faults", "KeptImages", "PlainImages", "billing_for_tests", "webhook"]

_HOMES = {
    "Bench": "bench",
    "Fault": "chaos",
    "Faults": "chaos",
    "KeptImages": "stores",
    "PlainImages": "images",
    "billing_for_tests": "bench",
    "webhook": "webhooks",
}
