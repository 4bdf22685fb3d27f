"""Signed webhooks."""

SECRET = "whsec_for_tests"
