"""Signing in, as a person does."""

from tests.browser.hands import Site


async def test_a_token_behind_the_hash_signs_in_and_leaves_the_address(site: Site) -> None:
    await site.sign_in("ann", then="/signin")
    assert await site.page.get_by_role("button", name="Sign out").is_visible()
    assert "token" not in site.page.url


async def test_whoever_signs_out_is_nobody(site: Site) -> None:
    await site.sign_in("ann", then="/signin")
    await site.page.get_by_role("button", name="Sign out").click()
    await site.page.goto(f"{site.base}/signin")
    assert await site.page.get_by_role("link", name="Sign in", exact=True).is_visible()


async def test_a_token_that_is_none_is_refused_in_words(site: Site) -> None:
    await site.page.goto(f"{site.base}/signin")
    await site.page.get_by_label("Token").fill("nonsense")
    await site.page.get_by_role("main").get_by_role("button", name="Sign in").click()
    assert "the token is not valid" in await site.page.get_by_role("alert").inner_text()


async def test_the_page_has_no_fault_in_light_and_dark(site: Site) -> None:
    await site.page.goto(f"{site.base}/signin")
    assert [] == await site.faults()
    await site.page.emulate_media(color_scheme="dark")
    assert [] == await site.faults()
