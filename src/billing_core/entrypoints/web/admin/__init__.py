"""The operators' pages: everything at a glance, accounts, incidents, fraud warnings and webhooks."""
