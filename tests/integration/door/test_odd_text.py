"""Text that means something elsewhere: kept and shown as it is, or refused, never taken for more than text."""

import pytest

from tests.shops.http import Shop

LONGEST = 32_000
ODD = (
    "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER} at work\n"
    "a \N{RIGHT-TO-LEFT OVERRIDE}xof a, \N{CYRILLIC SMALL LETTER A} fox that is none\n"
    "'; drop table generations; -- {{ 7 * 7 }} ${7 * 7} %s %n <b>&amp;</b>\tend"
)
NONE = [
    "",
    " ",
    "\n\t \N{NO-BREAK SPACE}",
    "x" * (LONGEST + 1),
    "\N{FOX FACE}" * (LONGEST + 1),
    "a\0b",
    "x" * 1_000_000,
]


@pytest.mark.failure("E4")
async def test_an_odd_prompt_is_kept_exactly_as_it_was(shop: Shop) -> None:
    for prompt in (ODD, "\N{FOX FACE}" * LONGEST):
        made = await shop.generate(prompt=prompt)

        assert prompt == (await shop.get(f"/generations/{made['id']}"))["prompt"]


@pytest.mark.failure("E4")
async def test_what_is_no_prompt_is_refused_and_nothing_is_held(shop: Shop) -> None:
    for prompt in NONE:
        answer = await shop.ask("POST", "/generations", json={"prompt": prompt})

        assert 422 == answer.status_code, prompt[:20]
    assert 0 == (await shop.get("/credits"))["held"]


@pytest.mark.failure("F19")
@pytest.mark.parametrize("query", ["' or '1'='1", "%", "_", "\\", "ann' --", "ann%' escape '", '"ann"', "*"])
async def test_what_is_searched_for_is_no_pattern_and_no_statement(shop: Shop, query: str) -> None:
    await shop.grant("ann", 1)
    await shop.grant("a' or '1'='1", 1)

    found = await shop.get("/admin/accounts", "root", admin=True, params={"query": query})

    expected = ["a' or '1'='1"] if query == "' or '1'='1" else []
    assert expected == [account["id"] for account in found["data"]]


@pytest.mark.failure("F19")
@pytest.mark.parametrize(
    "path",
    ["/generations", "/gallery", "/credits/transactions", "/payments", "/admin/accounts", "/admin/webhook-events"],
)
async def test_a_cursor_that_was_touched_shows_nothing_of_anybody_else(shop: Shop, path: str) -> None:
    made = await shop.generate("bob", prompt="a secret of bob's", private=False)
    for cursor in ("' or 1=1 --", made["id"], "bob", "99999999999999999999", "\N{FOX FACE}", "a|b|c", "MTox"):
        answer = await shop.ask("GET", path, admin=path.startswith("/admin"), params={"cursor": cursor})

        assert answer.status_code in {200, 400, 404, 422}, (cursor, answer.text)
        assert path == "/gallery" or "a secret of bob's" not in answer.text
