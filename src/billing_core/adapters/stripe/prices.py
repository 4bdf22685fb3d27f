"""Which of Stripe's prices is which of the catalog's.

The catalog's key of a price is Stripe's lookup key. When an amount changes, the lookup key goes over to the new price;
the old one is archived, and its metadata still say what it was.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Set
from contextlib import suppress
from typing import TypeVar

from attrs import define, field

from billing_core.adapters.stripe.api import Api, of, reading
from billing_core.adapters.stripe.errors import Missing, Refused
from billing_core.adapters.stripe.shapes import Misshapen, Shape, needed, part, rows, text
from billing_core.ports.errors import GatewayRefused, UnknownAtGateway

PRICE = "billing_core_price"
"""The name in a price's metadata under which its key in the catalog stands."""

_PRICES = "/v1/prices"
_FOREIGN_S = 60

T = TypeVar("T")


def key_of(price: Shape) -> str | None:
    """The catalog's key of a price; None where it is none of ours."""
    return text(price, "lookup_key") or text(part(price, "metadata"), PRICE)


@define(eq=False)
class PriceBook(Mapping[str, str]):
    """The catalog's key by the id of Stripe's price, archived ones included; and the id by the key, for selling.

    As a mapping it tells what was known when it was last read, and asks nobody. `fixed` are ids by key that the
    operator has set: they need no lookup key. Raises, from what is async: Unavailable, GatewayRefused.
    """

    _api: Api
    _fixed: Mapping[str, str] = field(factory=dict)
    _now: Callable[[], float] = time.monotonic
    _keys: dict[str, str] = field(factory=dict, init=False)
    _on_sale: dict[str, str] = field(factory=dict, init=False)
    _foreign: dict[str, float] = field(factory=dict, init=False)
    _is_read: bool = field(default=False, init=False)
    _reading: asyncio.Lock = field(factory=asyncio.Lock, init=False)

    def __attrs_post_init__(self) -> None:
        self._keys |= {price_id: key for key, price_id in self._fixed.items()}

    def __getitem__(self, price_id: str) -> str:
        return self._keys[price_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def forget(self) -> None:
        """Something changed at Stripe: whoever asks next reads all anew. Until then the old is better than nothing."""
        self._is_read = False
        self._foreign.clear()

    async def load(self) -> None:
        """Reads every price, unless that was done since `forget`; many who come together read once."""
        async with self._reading:
            if self._is_read:
                return
            self._is_read = True
            try:
                await self._read_all()
            except BaseException:
                self._is_read = False
                raise

    async def on_sale(self) -> frozenset[str]:
        """The keys of the prices that can be bought now."""
        await self.load()
        return frozenset({*self._on_sale, *self._fixed})

    async def price_id(self, key: str) -> str:
        """The id of the price that is on sale under the key. Raises GatewayRefused where there is none."""
        if key in self._fixed:
            return self._fixed[key]
        await self.load()
        if key not in self._on_sale:
            with reading("a list of prices"):
                page = await self._api.get(_PRICES, lookup_keys=[key], active=True)
                for price in rows(page, "data"):
                    self._keep(price, self._on_sale)
        if key not in self._on_sale:
            raise GatewayRefused(f"no price is on sale for {key}: run `billing-core sync-products`")
        return self._on_sale[key]

    async def sell(self, key: str, use: Callable[[str, str], Awaitable[T]], *, idempotency_key: str) -> T:
        """What `use` makes of the price's id, and of the idempotency key to ask with.

        Where Stripe does not take the price, it may have been replaced since the book was read; then its successor is
        used, under a key of its own.
        """
        price_id = await self.price_id(key)
        try:
            return await use(price_id, idempotency_key)
        except (Refused, Missing) as refused:
            if not refused.param.endswith("[price]"):
                raise
            self.forget()
            successor = await self.price_id(key)
            if successor == price_id:
                raise
            return await use(successor, f"{idempotency_key}:{successor}")

    async def read(self, reader: Callable[[Mapping[str, str]], T]) -> T:
        """What the reader makes of an object. Where it meets a price that is not in the book, Stripe is asked for it,
        and the object is read again."""
        await self.load()
        watched = _Watched(self._keys)
        try:
            result = reader(watched)
        except Misshapen:
            if not await self._learns(watched.missed):
                raise
        else:
            if not await self._learns(watched.missed):
                return result
        return reader(self._keys)

    async def _learns(self, price_ids: Set[str]) -> bool:
        """Whether one of them is in the book after all. What is none of ours is not asked for again for a minute."""
        async with self._reading:
            for price_id in price_ids - self._keys.keys():
                if self._now() - self._foreign.get(price_id, -_FOREIGN_S) >= _FOREIGN_S:
                    await self._ask(price_id)
        return not price_ids.isdisjoint(self._keys)

    async def _ask(self, price_id: str) -> None:
        with suppress(UnknownAtGateway), reading("a price"):
            self._keep(await self._api.get(of(_PRICES, price_id)), self._on_sale)
        if price_id not in self._keys:
            self._foreign[price_id] = self._now()

    async def _read_all(self) -> None:
        on_sale: dict[str, str] = {}
        for active in (True, False):  # by itself, Stripe lists the active ones alone
            async for price in self._api.pages(_PRICES, active=active):
                with reading("a price"):
                    self._keep(price, on_sale)
        self._on_sale = on_sale

    def _keep(self, price: Shape, on_sale: dict[str, str]) -> None:
        price_id, key = needed(text(price, "id"), "id"), key_of(price)
        if key is None:
            return
        if price_id not in self._fixed.values():
            self._keys[price_id] = key
        if price.get("active") is True and text(price, "lookup_key") == key:
            on_sale[key] = price_id


@define
class _Watched(Mapping[str, str]):
    """A mapping that remembers what was asked in vain."""

    _inner: Mapping[str, str]
    missed: set[str] = field(factory=set, init=False)

    def __getitem__(self, price_id: str) -> str:
        if price_id not in self._inner:
            self.missed.add(price_id)
        return self._inner[price_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._inner)

    def __len__(self) -> int:
        return len(self._inner)
