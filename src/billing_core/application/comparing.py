"""Comparing the subscriptions that we know with the gateway's. Changes nothing."""

from collections.abc import AsyncIterator
from datetime import datetime

from attrs import AttrsInstance, asdict, frozen

from billing_core.application.bringing import is_long_over, is_same
from billing_core.application.results import at_once, pages
from billing_core.domain.account import Account
from billing_core.domain.subscription import SubscriptionSnapshot
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.archive import Archive, Unreadable
from billing_core.ports.clock import Clock
from billing_core.ports.directory import Directory
from billing_core.ports.register import Register

PAGE = 100


@frozen(kw_only=True)
class Compared:
    """A subscription as the books have it and as the gateway does; None where one of the two does not know it.

    `account_id` is None where nobody owns it.
    """

    subscription_id: str
    account_id: str | None
    ours: SubscriptionSnapshot | None
    theirs: SubscriptionSnapshot | None

    @property
    def is_live(self) -> bool:
        return any(side is not None and side.status.is_live for side in (self.ours, self.theirs))

    @property
    def drift(self) -> str:
        """What differs, for people; empty where nothing does."""
        if self.theirs is None:
            return "the gateway does not list it"
        if self.ours is None:
            return f"{self.theirs.status.value} at the gateway, unknown here"
        ours, theirs = _plain(self.ours), _plain(self.theirs)
        differing = (name for name in theirs if name != "seen_at" and ours[name] != theirs[name])
        return ", ".join(f"{name} {_told(ours[name])} -> {_told(theirs[name])}" for name in differing)


@frozen
class Comparing:
    """Goes through all subscriptions at the gateway, then through ours for those that it does not list.

    The gateway's are read page by page; of ours, only the ids of those that were seen are remembered.
    """

    accounts: AccountRepository
    directory: Directory
    register: Register
    archive: Archive
    clock: Clock

    async def __call__(self) -> AsyncIterator[Compared | Unreadable]:
        """Each that is live on either side, and each that differs. Raises Unavailable, GatewayRefused."""
        now, seen = self.clock.now(), set[str]()
        async for page in pages(self.archive.subscriptions(now=now)):
            for compared in await at_once(self._compared(thing, now) for thing in page):
                if isinstance(compared, Unreadable):
                    seen.add(compared.id)
                    yield compared
                elif compared is not None:
                    seen.add(compared.subscription_id)
                    yield compared
        async for compared in self._not_listed(seen):
            yield compared

    async def _compared(self, thing: SubscriptionSnapshot | Unreadable, now: datetime) -> Compared | Unreadable | None:
        if isinstance(thing, Unreadable):
            return thing
        owner = await self.directory.owner_of(thing.id) or await self.directory.owner_of(thing.customer_id)
        account = await self.accounts.get(owner) if owner is not None else Account(id="")
        known = account.subscription(thing.id)
        if known is None and not thing.status.is_live and (owner is None or is_long_over(thing, account, now)):
            return None
        ours = known.snapshot if known is not None else None
        if ours is not None and not ours.status.is_live and is_same(thing, ours):
            return None
        return Compared(subscription_id=thing.id, account_id=owner, ours=ours, theirs=thing)

    async def _not_listed(self, seen: set[str]) -> AsyncIterator[Compared]:
        after = ""
        while rows := await self.register.page(after=after, limit=PAGE):
            after = rows[-1].account_id
            for row in rows:
                for sub in row.account.subscriptions if row.account is not None else ():
                    if sub.is_live and sub.id not in seen:
                        yield Compared(
                            subscription_id=sub.id, account_id=row.account_id, ours=sub.snapshot, theirs=None
                        )


def _plain(value: AttrsInstance) -> dict[str, object]:
    return asdict(value, recurse=False)


def _told(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return str(getattr(value, "value", value))
