"""Faults by a seed, for any gateway, any image generator, any line to Stripe, and its webhooks.

One `Faults` may serve several of them: it counts what happened where, and prints it.
"""

from billing_core.testing.chaos.faults import Fault, Faults
from billing_core.testing.chaos.gateway import chaotic_gateway
from billing_core.testing.chaos.images import ChaoticImages
from billing_core.testing.chaos.line import ChaoticLine
from billing_core.testing.chaos.webhooks import ChaoticWebhooks

__all__ = ["ChaoticImages", "ChaoticLine", "ChaoticWebhooks", "Fault", "Faults", "chaotic_gateway"]
