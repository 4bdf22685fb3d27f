"""Telling a customer what they should know."""

from collections.abc import Mapping

from attrs import frozen

from billing_core.ports.accounts import AccountRepository
from billing_core.ports.notifier import Notice, Notifier


@frozen
class Notifying:
    """Sends a notice to the e-mail that the account has."""

    accounts: AccountRepository
    notifier: Notifier

    async def run(self, args: Mapping[str, str]) -> None:
        """The job."""
        account = await self.accounts.get(args["account_id"])
        notice = Notice(topic=args["topic"], account_id=account.id, email=account.email, text=args["text"])
        await self.notifier.send(notice)
