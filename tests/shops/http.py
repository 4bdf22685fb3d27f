"""A whole server over books in memory, and a customer's hands."""

from functools import cache
from typing import Any

from attrs import frozen
from httpx import Response
from litestar import Litestar
from litestar.testing import AsyncTestClient

from billing_core.entrypoints.http import build_app
from billing_core.entrypoints.http.auth import token
from billing_core.entrypoints.lifespan import running
from billing_core.entrypoints.rate_settings import UNLIMITED
from billing_core.entrypoints.settings import Settings
from billing_core.entrypoints.web.forms import CSRF_FIELD
from billing_core.entrypoints.web.sessions import CSRF_COOKIE

SETTINGS = Settings(
    database_url="memory://",
    jwt_secret="the-secret-of-these-tests-" * 3,
    webhook_secrets=("whsec_test",),
    allowed_redirects=frozenset({"https://shop.example"}),
    admin_emails=frozenset({"boss@example.com"}),
    rates=UNLIMITED,
)
GOOD_CARD = "4242 4242 4242 4242"


@cache
def usual_app() -> Litestar:
    """The app of most tests. To build it takes half a second; with each client it opens new books."""
    return app_of(SETTINGS)


def app_of(settings: Settings) -> Litestar:
    return build_app(settings, lambda: running(settings))


@frozen
class Shop:
    """The server, and who talks to it."""

    client: AsyncTestClient[Litestar]
    settings: Settings = SETTINGS

    def bearer(self, account: str, *, admin: bool = False) -> dict[str, str]:
        return {"Authorization": f"Bearer {token(self.settings, account, admin=admin)}"}

    async def ask(self, method: str, path: str, account: str | None = "ann", **more: Any) -> Response:
        """A request below `/api/v1`; without an account, without a token."""
        headers = self.bearer(account, admin=more.pop("admin", False)) if account is not None else {}
        headers |= more.pop("headers", {})
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **more)

    async def get(self, path: str, account: str | None = "ann", **more: Any) -> Any:
        answer = await self.ask("GET", path, account, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def grant(self, account: str, amount: int) -> None:
        answer = await self.ask(
            "POST",
            f"/admin/accounts/{account}/credits",
            "root",
            admin=True,
            json={"amount": amount, "reason": "a present"},
        )
        assert answer.status_code == 201, answer.text

    async def pay(self, session_id: str, card: str = GOOD_CARD) -> Any:
        answer = await self.client.post(f"/dev/checkout/{session_id}/pay", json={"card": card})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def fill(self, path: str, form: dict[str, str] | None = None, **more: Any) -> Response:
        """Sends a page's form, as a browser does that has seen a page before."""
        if CSRF_COOKIE not in self.client.cookies:
            await self.client.get("/signin")
        sent = {**(form or {}), CSRF_FIELD: self.client.cookies[CSRF_COOKIE]}
        return await self.client.post(path, data=sent, **more)

    async def subscribe(self, account: str = "ann", tier: str = "basic", interval: str = "month") -> None:
        answer = await self.ask("POST", "/subscriptions/checkout", account, json={"tier": tier, "interval": interval})
        assert answer.status_code == 201, answer.text
        assert (await self.pay(answer.json()["session_id"]))["status"] == "succeeded"

    async def generate(self, account: str = "ann", **body: Any) -> Any:
        """A finished generation."""
        answer = await self.ask(
            "POST", "/generations", account, json={"prompt": "a fox", **body}, headers={"Prefer": "wait=20"}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()
