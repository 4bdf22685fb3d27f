"""The page of `examples/page`: somebody else's front end at an origin of its own, against the API."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from attrs import evolve
from playwright.async_api import Browser, expect

from tests.browser.conftest import serving
from tests.browser.hands import Site
from tests.shops.http import SETTINGS

PAGE = Path(__file__).parents[2] / "examples" / "page"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it has
        """Nothing."""


@contextmanager
def shown() -> Iterator[str]:
    """The origin of the page."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=PAGE)) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


async def test_a_page_of_ones_own_sells_shows_manages_and_cancels(browser: Browser) -> None:
    with shown() as origin:
        settings = evolve(SETTINGS, cors_origins=frozenset({origin}), allowed_redirects=frozenset({origin}))
        async with serving(settings) as base:
            context = await browser.new_context()
            context.set_default_timeout(15_000)
            page = await context.new_page()
            site = Site(browser, base, page, settings)

            await page.goto(f"{origin}/?api={base}#token={site.token('ann')}")
            await expect(page.get_by_text("No subscription.")).to_be_visible()
            assert [] == await site.faults()
            await page.get_by_role("button", name="Subscribe to Basic").click()
            await page.wait_for_url("**/dev/checkout/*")
            await page.get_by_label("Card number").focus()
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("status")).to_have_text("Thank you: it is paid.")
            await expect(page.get_by_role("heading", name="basic", exact=True)).to_be_visible()
            await expect(page.get_by_text("210 left")).to_be_visible()

            await page.get_by_role("button", name="Subscribe to Premium").click()
            await expect(page.get_by_role("alert")).to_contain_text("already")
            await page.get_by_role("button", name="Manage cards and invoices").click()
            await page.wait_for_url("**/dev/portal/*")
            await page.goto(f"{origin}/?api={base}")
            await page.get_by_role("button", name="Cancel").click()
            await expect(page.get_by_text("It ends on")).to_be_visible()
            await page.get_by_role("button", name="Keep it").click()
            await expect(page.get_by_text("and renews on")).to_be_visible()
            assert [] == await site.faults_everywhere()
            await context.close()
