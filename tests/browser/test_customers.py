"""A customer at the pages: from the plans through the checkout to the account, and all that is done there."""

from playwright.async_api import Browser, expect

from tests.browser.hands import Site
from tests.shops.http import GOOD_CARD

DECLINED = "4000 0000 0000 9995"
ASKS_THE_BANK = "4000 0025 0000 3155"


async def pay(site: Site, card: str = GOOD_CARD) -> None:
    """At the look-alike of the checkout."""
    await site.page.wait_for_url("**/dev/checkout/*")
    await site.page.get_by_label("Card number").fill(card)
    await site.page.get_by_role("button", name="Pay").click()


async def subscribe(site: Site, plan: str = "Basic") -> None:
    """From the plans to the page that says what was gained."""
    await site.page.goto(f"{site.base}/")
    await site.page.get_by_role("button", name=f"Subscribe to {plan}").click()
    await pay(site)
    await expect(site.page.get_by_role("heading", name=f"Welcome to {plan}")).to_be_visible()


async def forward(site: Site, days: int) -> None:
    moved = await site.page.request.post(f"{site.base}/dev/clock", data={"days": days})
    assert moved.ok, await moved.text()


async def test_a_stranger_subscribes_and_has_the_plan_and_its_credits(site: Site) -> None:
    page = site.page
    await page.goto(f"{site.base}/?interval=year")
    await expect(page.get_by_text("2 months free").first).to_be_visible()
    assert [] == await site.faults_everywhere()

    await page.get_by_role("link", name="Monthly").click()
    await page.get_by_role("link", name="Subscribe to Basic").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await page.get_by_label("Token").fill(site.token("ann"))
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Subscribe to Basic")).to_be_visible()
    assert [] == await site.faults_everywhere()

    await page.get_by_label("Promotion code").fill("NOTHING")
    await page.get_by_role("button", name="Go on to payment").click()
    await expect(page.get_by_label("Promotion code")).to_have_attribute("aria-invalid", "true")
    assert [] == await site.faults()
    await page.get_by_label("Promotion code").fill("")
    await page.get_by_role("button", name="Go on to payment").click()
    await pay(site)

    await expect(page.get_by_role("heading", name="Welcome to Basic")).to_be_visible()
    await expect(page.get_by_role("main")).to_contain_text("200 credits were added")
    assert [] == await site.faults_everywhere()
    await page.get_by_role("link", name="Your account").click()
    await expect(page.get_by_text("Basic · Active")).to_be_visible()
    await expect(page.get_by_role("row", name="The month's credits: Basic 200 200")).to_be_visible()
    await expect(page.get_by_role("region", name="Credits", exact=True)).to_contain_text("210 to spend")
    assert [] == await site.faults_everywhere()


async def test_a_declined_card_and_one_whose_bank_asks(site: Site) -> None:
    page = site.page
    await site.sign_in("ann", then="/")
    await page.get_by_role("button", name="Subscribe to Basic").click()
    await pay(site, DECLINED)
    await expect(page.get_by_role("alert")).to_contain_text("declined")

    await page.get_by_role("link", name="Back without buying").click()
    await expect(page.get_by_role("heading", name="Nothing was bought")).to_be_visible()
    assert [] == await site.faults_everywhere()

    await page.get_by_role("link", name="See the plans").click()
    await page.get_by_role("button", name="Subscribe to Basic").click()
    await pay(site, ASKS_THE_BANK)
    await page.get_by_role("button", name="Yes, it is mine").click()
    await expect(page.get_by_role("heading", name="Welcome to Basic")).to_be_visible()

    await page.goto(f"{site.base}/subscription/change?tier=premium")
    await page.get_by_role("button", name="and change").click()
    await expect(page.get_by_role("heading", name="Your bank asks you to confirm")).to_be_visible()
    assert [] == await site.faults_everywhere()
    await page.get_by_role("link", name="Confirm with your bank").click()
    await page.get_by_role("button", name="Yes, it is mine").click()
    await page.goto(f"{site.base}/subscription/change/done?tier=premium")
    await expect(page.get_by_role("heading", name="You have Premium now")).to_be_visible()


async def test_a_subscriber_moves_up_and_down_leaves_and_comes_back(site: Site) -> None:
    page = site.page
    await site.sign_in("ann", then="/")
    await subscribe(site)
    await page.goto(f"{site.base}/")
    assert [] == await site.faults_everywhere()
    await page.get_by_role("link", name="Change to Premium").click()
    await expect(page.get_by_role("main")).to_contain_text("Due today 20.00 USD")
    await expect(page.get_by_role("main")).to_contain_text("Unlimited credits a month instead of 200")
    assert [] == await site.faults_everywhere()
    await page.get_by_role("button", name="Pay 20.00 USD and change").click()
    await expect(page.get_by_role("heading", name="You have Premium now")).to_be_visible()
    assert [] == await site.faults()

    await page.goto(f"{site.base}/account")
    await page.get_by_label("What the new key is for").fill("the poster shop")
    await page.get_by_role("button", name="Make a key").click()
    secret = await page.get_by_label("the poster shop").input_value()
    assert [] == await site.faults_everywhere()
    await page.get_by_role("link", name="I have it").click()
    await expect(page.get_by_role("row", name=f"the poster shop {secret[-4:]}")).to_be_visible()
    assert [] == await site.faults_everywhere()
    await page.get_by_role("button", name="Revoke the poster shop").click()
    await expect(page.get_by_role("status")).to_contain_text("The key is revoked")

    await page.get_by_role("link", name="Plans").click()
    await page.get_by_role("link", name="Change to Basic").click()
    await expect(page.get_by_role("heading", name="You give up")).to_be_visible()
    await page.get_by_role("button", name="Change on").click()
    await expect(page.get_by_role("status")).to_contain_text("Your plan changes on")
    await expect(page.get_by_text("Changes to Basic")).to_be_visible()
    assert [] == await site.faults_everywhere()
    await page.get_by_role("button", name="Stay as I am").click()
    await expect(page.get_by_text("Changes to Basic")).to_have_count(0)

    await page.get_by_role("link", name="Cancel the subscription").click()
    await expect(page.get_by_role("radio").first).to_be_checked()
    assert [] == await site.faults_everywhere()
    await page.get_by_role("button", name="Cancel Premium").click()
    await expect(page.get_by_role("status")).to_contain_text("You keep your plan until it is over")
    await expect(page.get_by_role("region", name="Plan", exact=True)).to_contain_text("Ends on")
    await page.get_by_role("button", name="Keep Premium").click()
    await expect(page.get_by_role("region", name="Plan", exact=True)).to_contain_text("Renews on")

    await page.get_by_role("link", name="Payments and receipts").click()
    await expect(page.get_by_role("row")).to_have_count(3)
    assert [] == await site.faults_everywhere()
    await page.get_by_role("link", name="Receipt").first.click()
    await expect(page.get_by_role("heading", name="20.00 USD")).to_be_visible()


async def test_who_has_run_out_buys_a_pack_and_sees_why_there_is_what_there_is(site: Site) -> None:
    page = site.page
    await site.sign_in("ann", then="/account")
    taken = await page.request.post(
        f"{site.base}/api/v1/admin/accounts/ann/credits",
        headers={"Authorization": f"Bearer {site.token('root', admin=True)}"},
        data={"amount": -10, "reason": "a test"},
    )
    assert taken.ok, await taken.text()
    await page.goto(f"{site.base}/generate")
    await page.get_by_label("What should it show?").fill("a fox in the snow")
    await page.get_by_role("button", name="Create").click()
    await page.get_by_role("alert").get_by_role("link", name="Buy credits").first.click()
    await page.get_by_role("button", name="Buy 1,000 credits").click()
    await pay(site)
    await expect(page.get_by_role("heading", name="1,000 credits are yours")).to_be_visible()

    await page.get_by_role("link", name="Make a picture").click()
    await page.get_by_label("What should it show?").fill("a fox in the snow")
    await page.get_by_role("button", name="Create").click()
    await expect(page.get_by_role("img", name="a fox in the snow")).to_be_visible()
    await page.get_by_role("link", name="Account").click()
    await expect(page.get_by_role("region", name="Credits", exact=True)).to_contain_text("999 to spend")
    await expect(page.get_by_role("img", name="1 credit")).to_be_visible()

    await page.get_by_role("link", name="Why? 1 picture with Flux Schnell").click()
    await expect(page.get_by_role("heading", name="What paid for “a fox in the snow”")).to_be_visible()
    assert [] == await site.faults_everywhere()
    await page.get_by_role("link", name="Pack: 1,000 credits").click()
    await expect(page.get_by_role("main")).to_contain_text("paid for with 5.00 USD")
    assert [] == await site.faults_everywhere()
    await page.get_by_role("link", name="All credits").click()
    await expect(page.get_by_role("heading", name="Why you have 999 credits")).to_be_visible()
    assert [] == await site.faults_everywhere()
    await page.goto(f"{site.base}/account/credits")
    assert [] == await site.faults_everywhere()


async def test_a_long_word_leaves_the_numbers_beside_it_in_sight_on_a_phone(site: Site) -> None:
    page = site.page
    await site.sign_in("ann")
    held = await page.request.post(
        f"{site.base}/api/v1/credits/holds",
        headers={"Authorization": f"Bearer {site.token('ann')}"},
        data={"amount": 4, "reason": "https://pictures.example/" + "x" * 80},
    )
    assert held.ok, await held.text()
    for width in (360, 1280):
        await page.set_viewport_size({"width": width, "height": 800})
        await page.goto(f"{site.base}/account")
        movements = page.get_by_role("region", name="What happened to your credits").locator(".scroll")

        assert await movements.evaluate("table => table.scrollWidth <= table.clientWidth"), width


async def test_the_heading_of_api_keys_stands_where_all_headings_do(site: Site) -> None:
    await site.sign_in("ann", then="/")
    await site.page.get_by_role("button", name="Try Premium for 7 days").click()
    await site.page.get_by_label("Card number").fill(GOOD_CARD)
    await site.page.get_by_role("button", name="Start the trial").click()
    await site.page.wait_for_url("**/subscription/success*")
    await site.page.goto(f"{site.base}/account")

    await expect(site.page.get_by_role("heading", name="API keys")).to_have_css("text-align", "start")


async def test_a_renewal_that_fails_is_told_with_the_way_out(site: Site) -> None:
    page = site.page
    await site.sign_in("ann", then="/")
    await subscribe(site)
    replaced = await page.request.post(f"{site.base}/dev/card", data={"account": "ann", "card": "4000 0000 0000 0341"})
    assert replaced.ok, await replaced.text()
    await forward(site, 31)
    await page.goto(f"{site.base}/account")
    await expect(page.get_by_role("alert")).to_contain_text("Your last payment did not go through")
    assert [] == await site.faults_everywhere()
    await page.get_by_role("button", name="Use another card").click()
    await page.wait_for_url("**/dev/portal/*")


async def test_all_of_it_works_without_a_script(browser: Browser, site: Site) -> None:
    context = await browser.new_context(base_url=site.base, java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/")
    await page.get_by_role("link", name="Subscribe to Basic").click()
    await page.get_by_label("Token").fill(site.token("ann"))
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()
    await page.get_by_role("button", name="Go on to payment").click()
    await page.get_by_label("Card number").fill(GOOD_CARD)
    await page.get_by_role("button", name="Pay").click()
    await expect(page.get_by_role("heading", name="Welcome to Basic")).to_be_visible(timeout=15_000)
    await context.close()
