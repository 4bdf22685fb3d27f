"""What an operator does at the pages."""

import httpx
import pytest
from playwright.async_api import expect

from billing_core.application import deciding, receiving
from tests.browser.hands import Site

EVERY_PAGE = (
    "/admin",
    "/admin/accounts",
    "/admin/accounts/ann",
    "/admin/accounts/ann/events",
    "/admin/accounts/ann/why",
    "/admin/incidents",
    "/admin/fraud-warnings",
    "/admin/webhooks",
    "/admin/health",
)


async def subscribed(site: Site, account: str = "ann", *, with_picture: bool = True) -> None:
    """Somebody subscribes to basic, and makes a picture."""
    headers = {"Authorization": f"Bearer {site.token(account)}"}
    async with httpx.AsyncClient(base_url=site.base, headers=headers) as client:
        started = await client.post("/api/v1/subscriptions/checkout", json={"tier": "basic"})
        session = started.json()["session_id"]
        paid = await client.post(f"/dev/checkout/{session}/pay", json={"card": "4242 4242 4242 4242"})
        assert paid.json()["status"] == "succeeded"
        if with_picture:
            wish = {"prompt": "a fox"}
            made = await client.post("/api/v1/generations", json=wish, headers={"Prefer": "wait=20"})
            assert made.status_code == 200, made.text


async def test_an_operator_finds_a_customer_and_gives_credits_and_money_back(site: Site) -> None:
    page = site.page
    await subscribed(site)
    await site.sign_in("root", admin=True, then="/admin")
    await expect(page.get_by_text("Nothing: no incident is open")).to_be_visible()
    await page.get_by_role("link", name="Accounts", exact=True).click()
    await page.get_by_role("searchbox").fill("an")
    await page.get_by_role("button", name="Search").click()
    await page.get_by_role("region", name="Accounts that were found").get_by_role("link", name="ann").click()

    await page.get_by_text("Give or take credits").click()
    await page.get_by_role("textbox", name="Credits").fill("25")
    await page.locator("#adjust-reason").fill("sorry for the wait")
    await page.get_by_role("button", name="Give or take").click()
    await expect(page.get_by_role("status")).to_contain_text("25 credits given")
    await expect(page.locator(".timeline .by-operator").first).to_contain_text("sorry for the wait")

    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_text("Give back", exact=True).first.click()
    await page.get_by_label("How much, in USD").fill("2.50")
    await page.locator("#refund-1-reason").fill("half a month was down")
    await page.get_by_role("button", name="Give back").click()
    await expect(page.get_by_role("status")).to_contain_text("2.50 USD went back")

    await page.get_by_text("Suspend", exact=True).first.click()
    await page.locator("#suspend-reason").fill("shares one account")
    await page.get_by_role("button", name="Suspend").click()
    await expect(page.get_by_role("status")).to_contain_text("neither spend nor buy")
    await page.locator("#reinstate-reason").fill("said sorry")
    await page.get_by_role("button", name="Lift").click()
    await expect(page.get_by_role("status")).to_contain_text("spend and buy again")


async def test_an_operator_replays_a_webhook_that_failed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in the rules stands in its way, until it is mended."""
    page = site.page

    def buggy(*_: object) -> deciding.Decision:
        raise RuntimeError("a bug of ours")

    with monkeypatch.context() as bug:
        bug.setattr(receiving, "decide", buggy)
        await subscribed(site, with_picture=False)
        await site.sign_in("root", admin=True, then="/admin")
        await expect(page.get_by_role("heading", name="What needs you")).to_be_visible()
        await page.get_by_role("link", name="Webhooks that are not done").click()
        failed = page.get_by_role("row").filter(has_text="checkout.session.completed")
        await expect(failed).to_contain_text("bug of ours")
    await failed.get_by_role("button", name="Take in again").click()
    await expect(page.get_by_role("status")).to_contain_text("Taken in")
    await page.get_by_label("Which").select_option("processed")
    await expect(failed).to_contain_text("Done")


async def test_no_page_of_the_operators_has_a_fault(site: Site) -> None:
    await subscribed(site)
    await site.sign_in("root", admin=True, then="/admin")
    for path in EVERY_PAGE:
        await site.page.goto(f"{site.base}{path}")
        assert [] == await site.faults(), path
        await site.page.emulate_media(color_scheme="dark")
        assert [] == await site.faults(), f"{path} in the dark"
        await site.page.emulate_media(color_scheme="light")
        await site.page.set_viewport_size({"width": 380, "height": 800})
        wide = await site.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 380, path
        await site.page.set_viewport_size({"width": 1280, "height": 900})
