"""Creating a picture, as a person does: choosing, waiting, going away and coming back, and what is done with it."""

from collections.abc import AsyncIterator

import pytest
from attrs import evolve
from playwright.async_api import Browser, Page, expect

from billing_core.entrypoints.web.wording import times
from tests.browser.conftest import serving
from tests.browser.hands import Site
from tests.shops.http import SETTINGS

PROMPT = "A lighthouse at dusk, painted in watercolour"
SLOW = evolve(SETTINGS, images=evolve(SETTINGS.images, drawing_s=4))


@pytest.fixture
async def slow_site(browser: Browser) -> AsyncIterator[Site]:
    """Where a picture takes some seconds, so that its progress can be seen."""
    async with serving(SLOW) as base:
        context = await browser.new_context(base_url=base)
        context.set_default_timeout(20_000)
        yield Site(browser, base, await context.new_page(), SLOW)
        await context.close()


async def subscribed(site: Site, tier: str = "basic") -> None:
    """Ann, signed in, with a plan that she pays for."""
    await site.sign_in("ann", then="/generate")
    headers = {"Authorization": f"Bearer {site.token('ann')}"}
    bought = await site.page.request.post(
        f"{site.base}/api/v1/subscriptions/checkout", headers=headers, data={"tier": tier}
    )
    session = (await bought.json())["session_id"]
    paid = await site.page.request.post(f"{site.base}/dev/checkout/{session}/pay", data={"card": "4242424242424242"})
    assert paid.ok, await paid.text()
    await site.page.goto(f"{site.base}/generate")


async def faults_everywhere(site: Site) -> list[str]:
    """What axe finds in light, in dark and on a phone; and whether the page is wider than a phone."""
    found = await site.faults()
    await site.page.emulate_media(color_scheme="dark")
    found += await site.faults()
    await site.page.emulate_media(color_scheme="light")
    await site.page.set_viewport_size({"width": 380, "height": 800})
    found += await site.faults()
    if await site.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("wider than a phone")
    await site.page.set_viewport_size({"width": 1280, "height": 800})
    return found


async def test_a_picture_is_chosen_followed_left_and_found_again(slow_site: Site) -> None:
    site, page = slow_site, slow_site.page
    await subscribed(site)
    assert [] == await faults_everywhere(site)

    await page.get_by_label("What should it show?").fill(PROMPT)
    await expect(page.locator("#price")).to_contain_text("1 credit You have 210")
    await expect(page.get_by_role("radio", name="HD")).to_be_disabled()
    await page.get_by_role("radio", name="Flux Dev").check()
    await page.get_by_role("radio", name="HD").check()
    await page.get_by_label("How many").select_option("2")
    await expect(page.locator("#price")).to_contain_text("6 credits You have 210")
    await expect(page.get_by_role("radio", name=times("512x512"))).to_be_disabled()
    await page.get_by_role("radio", name="Flux Schnell").check()
    await expect(page.locator("#price")).to_contain_text("2 credits You have 210")
    assert await page.get_by_role("checkbox", name="Only me").is_checked()

    await page.get_by_label("What should it show?").press("Control+Enter")
    await page.wait_for_url("**/generations/*")
    await expect(page.get_by_role("img", name="The picture so far")).to_be_visible()
    assert [] == await site.faults()
    generation = page.url

    await page.get_by_role("link", name="Create", exact=True).click()
    await expect(page.get_by_label("What should it show?")).to_have_value("")
    await page.get_by_role("link", name="Being made").click()
    assert generation == page.url
    pictures = page.get_by_role("img", name=PROMPT)
    await expect(pictures).to_have_count(2)
    await expect(page.locator("#told")).to_have_text("Your pictures")
    assert "Your pictures: A lighthouse" in await page.title()
    assert all(await pictures.evaluate_all("found => found.map(image => image.complete && image.naturalWidth > 0)"))
    assert [] == await faults_everywhere(site)


async def test_a_picture_is_shown_saved_and_deleted(site: Site) -> None:
    page = site.page
    await subscribed(site)
    await page.get_by_label("What should it show?").fill(PROMPT)
    await page.get_by_role("button", name="Create").click()
    await expect(page.get_by_text("Private", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Make public").click()
    await expect(page.get_by_role("status")).to_contain_text(["Everybody can see it"])
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Download").click()
    saved = await downloading.value
    assert "a-lighthouse-at-dusk-painted-in-watercolour.png" == saved.suggested_filename
    assert (await saved.path()).read_bytes().startswith(b"\x89PNG")

    await page.goto(f"{site.base}/gallery")
    await expect(page.locator(".picture img")).to_have_count(1)
    assert [] == await faults_everywhere(site)
    await page.get_by_role("button", name="Sign out").click()
    await page.goto(f"{site.base}/gallery")
    await page.locator(".picture").click()
    await expect(page.locator(".canvas img")).to_be_visible()
    assert [] == await faults_everywhere(site)

    await site.sign_in("ann", then="/gallery")
    await page.get_by_role("link", name="Yours").click()
    await page.get_by_role("link", name=PROMPT).click()
    await page.get_by_text("Delete…").click()
    await page.get_by_role("button", name="Delete for good").click()
    await expect(page.get_by_text("There is no picture any more")).to_be_visible()
    await page.goto(f"{site.base}/gallery")
    await expect(page.get_by_text("Nobody has shown a picture yet")).to_be_visible()
    assert [] == await faults_everywhere(site)


async def test_whoever_has_too_little_sees_the_way_out_and_loses_no_words(site: Site) -> None:
    page = site.page
    await site.sign_in("ann", then="/generate")
    await page.request.post(
        f"{site.base}/api/v1/admin/accounts/ann/credits",
        headers={"Authorization": f"Bearer {site.token('root', admin=True)}"},
        data={"amount": -10, "reason": "a test"},
    )
    await page.reload()
    await page.get_by_label("What should it show?").fill(PROMPT)
    await expect(page.get_by_role("link", name="Get more")).to_be_visible()
    await page.get_by_role("button", name="Create").click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("This costs 1 credit, and you have 0.")
    await expect(alert.get_by_role("link", name="Buy credits")).to_be_visible()
    await expect(page.get_by_label("What should it show?")).to_have_value(PROMPT)
    assert [] == await faults_everywhere(site)

    await page.get_by_role("button", name="Sign out").click()
    await site.sign_in("ann", then="/generate")
    await expect(page.get_by_label("What should it show?")).to_have_value(PROMPT)


async def test_what_is_refused_says_so_and_is_asked_for_in_other_words(site: Site) -> None:
    page = site.page
    await site.sign_in("ann", then="/generate")
    await page.get_by_label("What should it show?").fill("something forbidden")
    await page.get_by_role("button", name="Create").click()
    await expect(page.get_by_text("Nothing was charged")).to_be_visible()
    assert [] == await faults_everywhere(site)
    await page.get_by_role("link", name="Change the words").click()
    await expect(page.get_by_label("What should it show?")).to_have_value("something forbidden")


async def test_all_of_it_works_without_a_script(browser: Browser, slow_site: Site) -> None:
    context = await browser.new_context(base_url=slow_site.base, java_script_enabled=False)
    page: Page = await context.new_page()
    await page.goto("/generate")
    await page.get_by_label("Token").fill(slow_site.token("ann"))
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()
    await page.get_by_label("What should it show?").fill(PROMPT)
    await page.get_by_role("radio", name=times("512x512")).check()
    await page.get_by_role("button", name="Show the price").click()
    await expect(page.locator("#price")).to_contain_text("1 credit You have 10")
    await page.get_by_role("button", name="Create").click()
    await expect(page.get_by_role("heading", name="Being made")).to_be_visible()
    await expect(page.get_by_role("img", name=PROMPT)).to_be_visible(timeout=20_000)
    await context.close()
