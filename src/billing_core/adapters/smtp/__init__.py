"""Notices as e-mail, over SMTP."""

from billing_core.adapters.smtp.letters import Letters
from billing_core.adapters.smtp.notifier import SmtpNotifier
from billing_core.adapters.smtp.server import Security, Server

__all__ = ["Letters", "Security", "Server", "SmtpNotifier"]
