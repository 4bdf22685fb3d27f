"""Stripe's REST API over the simulated Stripe: forms in, JSON out, its errors, its keys and its pages."""
