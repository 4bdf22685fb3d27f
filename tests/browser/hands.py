"""What a person does at the pages, and what a careful eye sees on them."""

from typing import Any

from attrs import frozen
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from billing_core.entrypoints.http.auth import token
from billing_core.entrypoints.settings import Settings


@frozen
class Site:
    """The pages, seen through one window."""

    browser: Browser
    base: str
    page: Page
    settings: Settings

    async def sign_in(self, account: str = "ann", *, admin: bool = False, then: str = "/account") -> None:
        """With a token, as an operator hands it out."""
        made = self.token(account, admin=admin)
        await self.page.goto(f"{self.base}/signin?next={then}#token={made}")
        await self.page.wait_for_url(f"{self.base}{then}")

    def token(self, account: str, *, admin: bool = False) -> str:
        """What the API takes."""
        return token(self.settings, account, admin=admin)

    async def faults(self) -> list[str]:
        """Every fault that axe finds on the page: missing names, contrast, order, and the like."""
        found: dict[str, Any] = (await Axe().run(self.page)).response
        return [
            f"{fault['id']}: {node['html'][:200]} ({node['failureSummary']})"
            for fault in found["violations"]
            for node in fault["nodes"]
        ]

    async def faults_everywhere(self) -> list[str]:
        """The same in light, in dark and on a phone, which no page is wider than."""
        found = await self.faults()
        await self.page.emulate_media(color_scheme="dark")
        found += await self.faults()
        await self.page.emulate_media(color_scheme="light")
        await self.page.set_viewport_size({"width": 380, "height": 800})
        found += await self.faults()
        if await self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append("wider than a phone")
        await self.page.set_viewport_size({"width": 1280, "height": 800})
        return found
