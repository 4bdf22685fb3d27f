"""A Stripe in the process: what it does with customers, checkouts, subscriptions and invoices, by a clock.

It charges test cards only. Its state is plain values; its webhooks have Stripe's shapes and are really signed.
"""

from billing_core.adapters.simulated.results import PaymentResult, PaymentStatus
from billing_core.adapters.simulated.server import SimulatedStripe
from billing_core.adapters.simulated.settings import AfterRetries, Rendering, Settings

__all__ = ["AfterRetries", "PaymentResult", "PaymentStatus", "Rendering", "Settings", "SimulatedStripe"]
