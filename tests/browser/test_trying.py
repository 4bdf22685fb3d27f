"""What a developer tries in a browser: being anyone, test cards, months that pass, and webhooks that go astray."""

from playwright.async_api import expect

from tests.browser.hands import Site

ASKS_THE_BANK, DECLINED, DECLINED_LATER = "4000 0025 0000 3155", "4000 0000 0000 9995", "4000 0000 0000 0341"


async def checkout(site: Site) -> None:
    """From the plans to the look-alike of the checkout."""
    await site.page.goto(f"{site.base}/")
    await site.page.get_by_role("button", name="Subscribe to Basic").click()
    await site.page.wait_for_url("**/dev/checkout/*")


async def move(site: Site, span: str) -> None:
    """The clock, by a button."""
    await site.page.goto(f"{site.base}/dev")
    await site.page.get_by_role("button", name=f"A {span}").click()
    await expect(site.page.get_by_role("status")).to_contain_text("now.")


async def test_the_clock_moved_a_month_renews(site: Site) -> None:
    page = site.page
    await page.goto(f"{site.base}/signin?next=/account")
    await page.get_by_role("link", name="sign in as anyone").click()
    assert [] == await site.faults_everywhere()
    await page.get_by_text("Someone else").click()
    await page.get_by_label("Account", exact=True).fill("@nobody")
    await page.get_by_label("Name").fill("Zoe Zimmer")
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_have_text("No account can have this name.")
    await expect(page.get_by_label("Name")).to_have_value("Zoe Zimmer")
    assert [] == await site.faults()
    await page.get_by_label("Account", exact=True).fill("zoe")
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/account")
    await expect(page.get_by_text("Zoe Zimmer").first).to_be_visible()

    await checkout(site)
    assert [] == await site.faults_everywhere()
    await page.get_by_label("Card number").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Welcome to Basic")).to_be_visible()
    await page.goto(f"{site.base}/account")
    first = await page.get_by_text("Renews on").locator("time").get_attribute("datetime")
    await move(site, "month")
    await expect(page.get_by_role("status")).to_contain_text("webhooks came of it")
    await page.goto(f"{site.base}/account")
    second = await page.get_by_text("Renews on").locator("time").get_attribute("datetime")
    assert str(first) < str(second)
    shown = await page.request.get(f"{site.base}/api/v1/payments", headers=bearer(site, "zoe"))
    assert ["succeeded"] * 2 == [payment["status"] for payment in (await shown.json())["data"]]


async def test_a_card_that_asks_one_that_is_declined_and_one_that_fails_later(site: Site) -> None:
    page = site.page
    await page.goto(f"{site.base}/dev")
    await page.get_by_role("button", name="Be Ann Archer").click()
    await checkout(site)
    await page.get_by_label("Card number").fill(DECLINED)
    await page.get_by_role("button", name="Pay").click()
    await expect(page.get_by_role("alert")).to_contain_text("declined: insufficient funds")
    await expect(page.get_by_label("Card number")).to_have_value(DECLINED)
    assert [] == await site.faults_everywhere()

    await page.get_by_role("button", name=ASKS_THE_BANK).click()
    assert [] == await site.faults_everywhere()
    await page.get_by_role("button", name="No").click()
    await expect(page.get_by_role("alert")).to_contain_text("did not confirm")
    await page.get_by_role("button", name=ASKS_THE_BANK).click()
    await page.get_by_role("button", name="Yes, it is mine").click()
    await page.wait_for_url("**/subscription/success*")

    opened = await page.request.post(
        f"{site.base}/api/v1/subscriptions/portal", headers=bearer(site, "ann"), data={"return_url": site.base}
    )
    await page.goto((await opened.json())["portal_url"])
    assert [] == await site.faults_everywhere()
    await page.get_by_label("Card number").fill(DECLINED_LATER)
    await page.get_by_role("button", name="Use this card").click()
    await expect(page.get_by_role("status")).to_contain_text("Your card was replaced")
    await page.get_by_role("button", name="Cancel at the period's end").click()
    await page.get_by_role("button", name="Keep it").click()
    await expect(page.get_by_role("status")).to_contain_text("goes on")

    await move(site, "month")
    payments = await page.request.get(f"{site.base}/api/v1/payments", headers=bearer(site, "ann"))
    urls = [payment["invoice_url"] for payment in (await payments.json())["data"]]
    await page.goto(urls[0] or f"{site.base}/dev/invoices/in_00000002")
    assert [] == await site.faults_everywhere()
    await page.get_by_role("button", name="Try the card that ends in 0341").click()
    await expect(page.get_by_role("alert")).to_contain_text("declined")
    await page.get_by_label("Card number").fill("4242 4242 4242 4242")
    await page.get_by_role("button", name="Pay").click()
    await expect(page.get_by_text("The payment went through.")).to_be_visible()
    assert [] == await site.faults_everywhere()


async def test_webhooks_are_held_back_shuffled_lost_and_sent_again(site: Site) -> None:
    page = site.page
    await page.goto(f"{site.base}/dev")
    await page.get_by_role("button", name="Be Bob Baker").click()
    await page.wait_for_url("**/account")
    await page.goto(f"{site.base}/dev")
    await page.get_by_role("link", name="See them").click()
    assert [] == await site.faults_everywhere()
    await page.get_by_role("button", name="Hold new ones back").click()
    await checkout(site)
    await page.get_by_role("button", name="Pay").click()
    await page.wait_for_url("**/subscription/success*")
    await expect(page.get_by_role("heading", name="Welcome to Basic")).not_to_be_visible()

    await page.goto(f"{site.base}/dev/webhooks")
    assert [] == await site.faults_everywhere()
    await page.get_by_role("button", name="Lose checkout.session.completed").click()
    await expect(page.get_by_role("status")).to_contain_text("got lost")
    await page.get_by_role("button", name="Send them shuffled").click()
    await expect(page.get_by_role("status")).to_contain_text("were taken")
    await page.get_by_role("button", name="Send checkout.session.completed again").click()
    await expect(page.get_by_role("status")).to_contain_text("It was sent again")
    shown = await page.request.get(f"{site.base}/api/v1/subscriptions", headers=bearer(site, "bob"))
    assert "basic" == (await shown.json())["tier"]

    await page.get_by_role("link", name="checkout.session.completed").click()
    await expect(page.get_by_text('"type": "checkout.session.completed"')).to_be_visible()
    assert [] == await site.faults_everywhere()


def bearer(site: Site, account: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {site.token(account)}"}
