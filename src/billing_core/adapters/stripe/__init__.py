"""Stripe, the gateway that takes the money. No Stripe word leaves this package."""
