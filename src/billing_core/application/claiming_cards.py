"""One trial per card: the first account that begins a trial with a card has claimed it, for ever."""

from hashlib import sha256

from attrs import frozen

from billing_core.application.reporting import ReportingRefusals
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.commit import Commit, Recording
from billing_core.ports.directory import Directory
from billing_core.ports.errors import GatewayRefused
from billing_core.ports.gateway import PaymentGateway
from billing_core.ports.records import OwnerClaimed


@frozen
class ClaimingCards:
    """Claims the card that pays a subscription in its trial. The fingerprint is never kept, only a digest of it."""

    accounts: AccountRepository
    directory: Directory
    gateway: PaymentGateway
    report: ReportingRefusals

    async def __call__(self, account_id: str, subscription_id: str) -> bool | None:
        """Whether another account began a trial with the card before; None where no card is told.

        Of any number at once one gets it, and asking again answers the same. Where the gateway refuses to tell (a key
        may not ask for cards) a person is told, and nobody's trial waits for that. Raises UnknownAtGateway and the port
        failures.
        """
        try:
            fingerprint = await self.gateway.card_of(subscription_id)
        except GatewayRefused as refused:
            await self.report(refused)
            return None
        if fingerprint is None:
            return None
        card = card_id(fingerprint)
        if await self.directory.owner_of(card) is None:
            claim = OwnerClaimed(card, contested=True)
            await self.accounts.change(account_id, Recording(Commit(None, (), (claim,))))
        return await self.directory.owner_of(card) != account_id


def card_id(fingerprint: str) -> str:
    """What a card is claimed by. Any text has one, also one that no store could keep."""
    return f"card:{sha256(fingerprint.encode(errors='surrogatepass')).hexdigest()}"
