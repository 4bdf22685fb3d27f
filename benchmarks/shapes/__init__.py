"""The objects inside the webhooks."""
