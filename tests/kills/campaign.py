"""Kills the server at each change that a verb makes at Stripe, and asks again as the customer's client would."""

import asyncio
from itertools import count
from pathlib import Path

import httpx
from attrs import define, field, frozen

from billing_core.entrypoints.http.auth import token
from billing_core.entrypoints.settings import Settings
from tests.crash.server import Place, Server
from tests.kills.stripe import KEY, SECRET, Town
from tests.kills.verbs import Holdings, Verb, holdings

GOOD_CARD = "4242 4242 4242 4242"
SETTLES_WITHIN_S = 20.0
LOOKS, LOOKS_EVERY_S = 400, 0.05


@frozen
class AtStripe(Place):
    """A server that has a key for that Stripe, and sells the built-in catalog."""

    stripe: str = ""

    @property
    def environment(self) -> dict[str, str]:
        told = {**super().environment, "STRIPE_SECRET_KEY": KEY, "STRIPE_API_BASE": self.stripe}
        del told["BILLING_CATALOG"]
        return told


def place_of(url: str, port: int, folder: Path, stripe: str) -> AtStripe:
    """Where the server of a campaign runs."""
    settings = Settings(
        database_url=url, port=port, jwt_secret="the-secret-of-the-kills-" * 3, webhook_secrets=(SECRET,)
    )
    return AtStripe(settings, folder, stripe)


@define
class Campaign:
    """One server, one Stripe, and an account for every kill."""

    place: AtStripe
    town: Town
    client: httpx.AsyncClient
    server: Server = field(init=False)
    kills: int = 0
    _accounts: "count[int]" = field(factory=lambda: count(1))

    def __attrs_post_init__(self) -> None:
        self.server = Server(self.place)

    async def begin(self) -> None:
        """Stocks the shelf, and opens the shop."""
        await self.place.run("sync-products")
        await self.start()

    async def start(self) -> None:
        await self.server.start()
        await self.server.ready(self.client)

    async def prove(self, verb: Verb, *, keyed: bool) -> list[str]:
        """Kills at the verb's first change at Stripe, at its second, and so on, until nobody is killed; what is wrong
        afterwards."""
        wrong: list[str] = []
        for nth in count(1):
            account_id = f"account-{next(self._accounts)}"
            await self._prepare(verb, account_id)
            before = self.kills
            answer = await self._asked(verb, account_id, nth, key=f"key-{account_id}" if keyed else None)
            await self._settle()
            held = await self._held(account_id)
            if answer.status_code not in {200, 201} or held != {n: v for n, v in verb.leaves.items() if v}:
                at = self.town.door.killed_at[-1] if self.kills > before else "nowhere"
                wrong.append(f"{verb.name}, killed at {at}: {answer.status_code} {answer.text[:200]}, holds {held}")
            if self.kills == before:
                return wrong
        raise AssertionError("it is killed for ever")

    async def _asked(self, verb: Verb, account_id: str, nth: int, *, key: str | None) -> httpx.Response:
        """Asks with a kill at the nth change, then again, as a client does that was not answered."""
        self.town.door.arm(nth, self._kill)
        try:
            return await self._ask(verb, account_id, key)
        except httpx.TransportError:
            await self.start()
            return await self._ask(verb, account_id, key)
        finally:
            self.town.door.disarm()

    async def _kill(self) -> None:
        self.kills += 1
        await self.server.kill()

    async def _prepare(self, verb: Verb, account_id: str) -> None:
        if verb.subscribed_to is not None:
            body = {"tier": verb.subscribed_to}
            opened = await self._request("POST", "/subscriptions/checkout", account_id, body)
            await self.town.stripe.pay(opened.json()["session_id"], GOOD_CARD)
            await self._settle()
            await self._subscribed(account_id)
        if verb.first is not None:
            before = await self._ask(verb.first, account_id, None)
            assert before.is_success, before.text
            await self._settle()

    async def _ask(self, verb: Verb, account_id: str, key: str | None) -> httpx.Response:
        return await self._request(verb.method, verb.path, account_id, verb.body, key)

    async def _request(
        self, method: str, path: str, account_id: str, body: object = None, key: str | None = None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token(self.place.settings, account_id)}"}
        headers |= {"Idempotency-Key": key} if key else {}
        return await self.client.request(method, f"/api/v1{path}", headers=headers, json=body)

    async def _subscribed(self, account_id: str) -> None:
        """Returns when the books know of the subscription, which a job asks for."""
        for _ in range(LOOKS):
            if (await self._request("GET", "/subscriptions", account_id)).json()["status"] != "none":
                return
            await asyncio.sleep(LOOKS_EVERY_S)
        raise AssertionError(f"the books do not know what {account_id} subscribed to")

    async def _settle(self) -> None:
        """Returns when every webhook is taken."""
        async with asyncio.timeout(SETTLES_WITHIN_S):
            while await self.town.stripe.deliver_pending():
                pass

    async def _held(self, account_id: str) -> Holdings:
        return holdings(await self.town.stripe.state(), account_id)
