"""A shop for posters: it sells credits with billing-core, spends them, and keeps pictures and notices its own way."""

import json
import os
from pathlib import Path

import anyio
from attrs import define, field

from billing_core import Billing
from billing_core.domain.errors import InsufficientCredits
from billing_core.ports.notifier import Notice

PRICE_OF_A_PRINT = 25


class CannotPay(Exception):
    """The customer should be shown the packs."""


@define
class PosterShop:
    """What the shop does for a customer."""

    billing: Billing
    printed: list[str] = field(factory=list)

    async def order_print(self, customer: str, motif: str) -> int:
        """Prints a poster; how many credits are left. Raises CannotPay."""
        try:
            async with self.billing.spend(customer, credits=PRICE_OF_A_PRINT, reason=f"print of {motif}"):
                self.printed.append(motif)
        except InsufficientCredits as denial:
            raise CannotPay(str(denial)) from denial
        return (await self.billing.credits(customer)).available

    async def may_download(self, customer: str) -> bool:
        """Subscribers only."""
        return (await self.billing.subscription(customer)).tier != "free"


@define
class Folder:
    """An ImageStore: pictures as files. A file is written beside its place and then moved there, so it is whole."""

    root: Path

    async def put(self, key: str, content: bytes) -> None:
        path = anyio.Path(self.root / key)
        await path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
        await beside.write_bytes(content)
        await beside.replace(path)

    async def get(self, key: str) -> bytes | None:
        try:
            return await anyio.Path(self.root / key).read_bytes()
        except FileNotFoundError:
            return None

    async def delete(self, key: str) -> None:
        await anyio.Path(self.root / key).unlink(missing_ok=True)

    async def keys(self, folder: str) -> tuple[str, ...]:
        whole = [path async for path in anyio.Path(self.root / folder).rglob("[!.]*") if await path.is_file()]
        return tuple(sorted(path.relative_to(self.root).as_posix() for path in whole))


@define
class Letterbox:
    """A Notifier: one line per notice."""

    file: Path

    async def send(self, notice: Notice) -> None:
        letter = {"topic": notice.topic.value, "to": notice.to, "key": notice.key, **notice.facts}
        async with await anyio.open_file(self.file, "a", encoding="utf-8") as box:
            await box.write(json.dumps(letter) + "\n")
