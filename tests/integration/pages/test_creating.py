"""The page where pictures are asked for, and the page of one generation, without a browser."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable

import pytest
from attrs import evolve
from httpx import Response
from litestar import Litestar, asgi
from litestar.testing import AsyncTestClient
from litestar.types import Receive, Scope, Send

from billing_core.entrypoints.http import build_app
from billing_core.entrypoints.lifespan import Parts, running
from billing_core.entrypoints.web.wording import times
from billing_core.ports.errors import ImageRefused
from tests.shops.http import SETTINGS, Shop
from tests.shops.served import Painter
from tests.shops.visitor import Visitor, paths_in, text_of

UNFINISHED = '/api/v1/generations/[^"]*/partials/[^"]*'
ONE_AT_A_TIME = evolve(SETTINGS, images=evolve(SETTINGS.images, concurrency=1))


@pytest.fixture
def painter() -> Painter:
    return Painter()


@pytest.fixture
async def ann(painter: Painter) -> AsyncIterator[Visitor]:
    """Ann, signed in, where one generation is made at a time."""
    app = build_app(ONE_AT_A_TIME, lambda: running(ONE_AT_A_TIME, Parts(images=painter)))
    async with AsyncTestClient(app) as client:
        visitor = Visitor(Shop(client))
        await visitor.sign_in("ann")
        yield visitor
        painter.hurry()


async def asked(visitor: Visitor, prompt: str = "a fox", **fields: str) -> str:
    """The page of a generation that was asked for with the form."""
    answer = await visitor.send("/generate", prompt=prompt, **fields)
    assert 303 == answer.status_code, text_of(answer)
    return answer.headers["location"]


async def ended(visitor: Visitor, page: str) -> Response:
    """The page once the generation has ended."""
    return await until(visitor, page, lambda seen: "data-events" not in seen.text)


async def until(visitor: Visitor, page: str, is_so: Callable[[Response], object]) -> Response:
    """The page once that is so of it."""
    async with asyncio.timeout(10):
        while not is_so(seen := await visitor.see(page)):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.02)
    return seen


def drawn_on(answer: Response) -> bool:
    """Whether an unfinished picture stands on the page."""
    return bool(paths_in(answer, UNFINISHED))


def picture_on(answer: Response) -> str:
    """The id of the picture on the page."""
    found = re.search(r"/pictures/([^/]+)/delete", answer.text)
    assert found is not None, text_of(answer)
    return found[1]


async def test_the_form_tells_the_price_and_which_plan_has_the_rest(ann: Visitor) -> None:
    told = text_of(await ann.see("/generate"))
    assert "1 credit You have 10" in told
    assert "Flux Dev with Basic" in told
    assert "Flux 1.1 Pro with Premium" in told
    assert f"{times('1536x1024')} with Basic" in told
    assert "HD with Basic" in told
    assert "Up to 4 at once with Basic" in told
    assert "Private pictures come with Basic" in told
    assert "Gpt Image" not in told, "which no plan has"


async def test_an_unlimited_plan_pays_no_credits(ann: Visitor) -> None:
    await ann.shop.subscribe("ann", "premium")
    told = text_of(await ann.see("/generate"))
    assert "Included in your Premium plan" in told
    going = text_of(await ann.see(await asked(ann)))
    assert "Included in your plan." in going
    assert "set aside; what" not in going
    assert "with Premium" not in told
    assert "watermark" not in told


async def test_a_picture_that_was_asked_for_is_on_its_own_page_with_what_can_be_done(
    ann: Visitor, painter: Painter
) -> None:
    page = await asked(ann)
    going = await ann.see(page)
    painter.finish()
    done = await ended(ann, page)
    (shown,) = paths_in(done, '/api/v1/images/[^"]*')

    assert "Being made" in text_of(going) or "Waiting in line" in text_of(going)
    assert "1 credit set aside" in text_of(going)
    saved = await ann.see(f"/pictures/{picture_on(done)}/file")
    assert "attachment; filename*=UTF-8''a-fox.png" == saved.headers["content-disposition"]
    assert saved.content.startswith(b"\x89PNG")
    assert "Your picture Public Download" in text_of(done)
    assert 200 == (await ann.see(shown)).status_code


async def test_an_unfinished_picture_stands_on_the_page_without_any_script(ann: Visitor, painter: Painter) -> None:
    page = await asked(ann)
    painter.stroke()
    (src,) = paths_in(await until(ann, page, drawn_on), UNFINISHED)
    assert 200 == (await ann.see(src)).status_code


async def test_one_form_sent_twice_asks_once_and_a_changed_one_anew(ann: Visitor) -> None:
    first = await asked(ann, key="k")
    again = await asked(ann, key="k")
    other = await asked(ann, "a hen", key="k")
    assert first == again != other


async def test_what_was_typed_stays_when_the_plan_does_not_have_it(ann: Visitor) -> None:
    answer = await ann.send("/generate", prompt='a "fox" & <b>', model="flux-dev")
    assert 403 == answer.status_code
    assert "Your plan does not have this model. Upgrade to Basic Upgrade to Premium" in text_of(answer)
    assert "a &#34;fox&#34; &amp; &lt;b&gt;" in answer.text
    assert "<b>" not in answer.text
    assert 'aria-invalid="true" aria-describedby="refused"' in answer.text


async def test_the_reasons_against_a_picture_are_told_in_words(ann: Visitor) -> None:
    await ann.shop.subscribe("ann", "basic")

    async def refusal(**fields: str) -> tuple[int, str]:
        answer = await ann.send("/generate", **fields)
        found = re.search(r'id="refused" role="alert"[^>]*>\s*<p>([^<]*)</p>', answer.text)
        return answer.status_code, found[1] if found else text_of(answer)

    fox = {"prompt": "a fox"}
    assert (422, "Describe the picture, in up to 32,000 characters.") == await refusal()
    assert (422, "Describe the picture, in up to 32,000 characters.") == await refusal(prompt="a" * 32_001)
    assert (422, "This cannot be chosen. Please choose again.") == await refusal(**fox, n="many")
    assert (403, "Your plan makes up to 4 pictures at once.") == await refusal(**fox, n="5")
    assert (
        422,
        f"Flux Schnell makes no HD pictures of {times('512x512')}. Choose another size or quality.",
    ) == await refusal(**fox, quality="hd", size="512x512")
    assert (422, "The price is now 2 credits. If that is fine, press Create again.") == await refusal(
        **fox, n="2", max_credits="1"
    )
    await asked(ann)
    await asked(ann)
    assert (429, "2 pictures are under way, and your plan makes no more at once. Wait until one is ready.") == (
        await refusal(**fox)
    )


async def test_whoever_runs_out_is_led_to_more_credits(ann: Visitor, painter: Painter) -> None:
    painter.hurry()
    taken = {"amount": -9, "reason": "a test"}
    await ann.shop.ask("POST", "/admin/accounts/ann/credits", "root", admin=True, json=taken)
    await ended(ann, await asked(ann))
    answer = await ann.send("/generate", prompt="one more fox")
    told = text_of(answer)
    assert 402 == answer.status_code
    assert "This costs 1 credit, and you have 0." in told
    assert 1 == told.count("Buy credits")
    assert "Upgrade to Basic" in told
    assert "Wait until" in told
    assert "/account#packs" in paths_in(answer, '[^"]*')
    assert "one more fox" in told


async def test_without_a_script_the_price_is_shown_when_asked_for(ann: Visitor) -> None:
    await ann.shop.subscribe("ann", "basic")
    answer = await ann.send("/generate", prompt="a fox", model="flux-dev", n="4", price_only="yes")
    odd = await ann.send("/generate", model="flux-schnell", quality="hd", price_only="yes")
    assert (200, 200) == (answer.status_code, odd.status_code)
    assert "8 credits You have 210" in text_of(answer)
    assert "a fox" in answer.text
    assert "Not possible Choose another quality or size" in text_of(odd)
    assert [] == (await ann.shop.get("/generations"))["data"]


async def test_what_waits_is_canceled_and_what_is_under_way_is_not(ann: Visitor, painter: Painter) -> None:
    first, second = await asked(ann), await asked(ann, "a hen")
    await until(ann, first, lambda seen: "Being made" in text_of(seen))
    waiting = await ann.see(second)
    canceled = await ann.send(f"{second}/cancel")
    late = await ann.send(f"{first}/cancel")
    told = text_of(await ann.see(late.headers["location"]))

    assert f"{second}/cancel" in paths_in(waiting, '[^"]*')
    assert "Waiting in line" in text_of(waiting)
    assert second == canceled.headers["location"]
    assert "Nothing was charged" in text_of(await ann.see(second))
    assert "It was under way already" in told
    painter.hurry()
    assert "Your picture" in text_of(await ended(ann, first))


async def test_what_was_refused_costs_nothing_and_its_words_can_be_changed(ann: Visitor, painter: Painter) -> None:
    page = await asked(ann, "something\r\nforbidden", size="512x512")
    painter.fail(ImageRefused("moderation_blocked", "no"))
    seen = await ended(ann, page)
    (again,) = paths_in(seen, r'/generate\?again=[^"]*')
    form = await ann.see(again)
    assert "Nothing was charged" in text_of(seen)
    assert "Change the words" in text_of(seen)
    assert "something\nforbidden</textarea>" in form.text
    assert 'value="512x512" checked' in " ".join(form.text.split())


async def test_a_picture_is_hidden_shown_and_deleted(ann: Visitor, painter: Painter) -> None:
    await ann.shop.subscribe("ann", "basic")
    painter.hurry()
    page = await asked(ann, private="true")
    done = await ended(ann, page)
    image = picture_on(done)

    async def gallery(whose: str) -> Response:
        return await ann.see(f"/gallery?whose={whose}")

    assert "Your picture Private" in text_of(done)
    assert "Private" in text_of(await gallery("mine"))
    assert image not in (await gallery("everyone")).text
    shown = await ann.send(f"/pictures/{image}/privacy", private="false")
    assert "Everybody can see it" in text_of(await ann.see(shown.headers["location"]))
    assert f"/gallery/{image}" in (await gallery("everyone")).text
    assert page == (await ann.see(f"/gallery/{image}")).headers["location"], "which has all that an owner may do"
    hidden = await ann.send(f"/pictures/{image}/privacy", private="true")
    assert "Only you can see it" in text_of(await ann.see(hidden.headers["location"]))
    gone = await ann.send(f"/pictures/{image}/delete")
    assert "The picture is deleted." in text_of(await ann.see(gone.headers["location"]))
    assert "There is no picture any more" in text_of(await ann.see(page))
    assert "Deleted" in text_of(await gallery("mine"))


async def test_the_free_plan_hides_nothing_and_says_which_does(ann: Visitor, painter: Painter) -> None:
    painter.hurry()
    done = await ended(ann, await asked(ann))
    image = picture_on(done)
    answer = await ann.send(f"/pictures/{image}/privacy", private="true")
    assert f"/pictures/{image}/privacy" not in paths_in(done, '[^"]*')
    assert "Private pictures come with Basic" in text_of(done)
    assert "Your plan does not keep pictures private." in text_of(await ann.see(answer.headers["location"]))


async def test_nobody_sees_or_changes_what_is_anothers(ann: Visitor, painter: Painter) -> None:
    await ann.shop.subscribe("ann", "basic")
    painter.hurry()
    page = await asked(ann, "the fox of ann", private="true")
    image = picture_on(await ended(ann, page))
    generation = page.rpartition("/")[2]

    await ann.sign_in("bob")
    seen = [
        await ann.see(path)
        for path in (page, f"/generate?again={generation}", f"/gallery/{image}", f"/pictures/{image}/file")
    ]
    done = [
        await ann.send(path) for path in (f"{page}/cancel", f"/pictures/{image}/delete", f"/pictures/{image}/privacy")
    ]
    lists = [await ann.see(path) for path in ("/gallery", "/gallery?whose=mine", "/generate")]
    assert [404] * 7 == [answer.status_code for answer in (*seen, *done)]
    assert not any("the fox of ann" in answer.text for answer in (*seen, *done, *lists))
    assert not any(image in answer.text for answer in lists)
    await ann.sign_in("ann")
    assert "Your picture Private" in text_of(await ann.see(page))


async def test_who_is_not_signed_in_sees_the_public_gallery_alone(ann: Visitor, painter: Painter) -> None:
    painter.hurry()
    page = await asked(ann, "the fox of ann")
    image = picture_on(await ended(ann, page))
    await ann.send("/signout")
    gallery, picture = await ann.see("/gallery"), await ann.see(f"/gallery/{image}")
    (src,) = paths_in(picture, '/api/v1/images/[^"]*')

    assert (200, 200, 200) == (gallery.status_code, picture.status_code, (await ann.see(src)).status_code)
    assert "the fox of ann" not in gallery.text + picture.text
    assert "picture.png" in (await ann.see(f"/pictures/{image}/file")).headers["content-disposition"]
    for path in ("/gallery?whose=mine", "/generate", page):
        assert (await ann.see(path)).headers["location"].startswith("/signin?next=/g"), path
    assert (await ann.send("/generate", prompt="a fox")).headers["location"].startswith("/signin?next=/generate")


@pytest.mark.failure("F12")
async def test_a_form_that_another_site_sent_does_nothing(ann: Visitor, painter: Painter) -> None:
    painter.hurry()
    page = await asked(ann)
    image = picture_on(await ended(ann, page))
    for path in ("/generate", f"{page}/cancel", f"/pictures/{image}/delete", f"/pictures/{image}/privacy"):
        answer = await ann.shop.client.post(path, data={"prompt": "a fox"}, follow_redirects=False)
        assert 403 == answer.status_code, path
    assert "Your picture" in text_of(await ann.see(page))


async def test_who_is_suspended_is_told_before_and_keeps_the_words(ann: Visitor) -> None:
    await ann.shop.grant("ann", 1)
    act = {"reason": "terms", "code": "terms"}
    suspended = await ann.shop.ask("POST", "/admin/accounts/ann/suspend", "root", admin=True, json=act)
    answer = await ann.send("/generate", prompt="the fox of ann")
    assert 200 == suspended.status_code, suspended.text
    assert "This account is suspended for now" in text_of(await ann.see("/generate"))
    assert 403 == answer.status_code
    assert 1 == text_of(answer).count("This account is suspended for now")
    assert "the fox of ann" in answer.text


async def test_mounted_elsewhere_every_address_leads_below_that_place(painter: Painter) -> None:
    inner = build_app(ONE_AT_A_TIME, lambda: running(ONE_AT_A_TIME, Parts(images=painter)))
    painter.hurry()

    @asgi("/billing", is_mount=True, copy_scope=True)
    async def mount(scope: Scope, receive: Receive, send: Send) -> None:
        scope["root_path"] = "/billing"
        await inner(scope, receive, send)

    async with AsyncTestClient(
        Litestar([mount], openapi_config=None), base_url="http://testserver.local/billing"
    ) as client:
        ann = Visitor(Shop(client))
        await ann.sign_in("ann")
        page = await asked(ann)
        seen = [await ended(ann, page.removeprefix("/billing")), await ann.see("/generate"), await ann.see("/gallery")]
        led = {path for answer in seen for path in paths_in(answer, '/[^"]*')}
    assert page.startswith("/billing/generations/")
    assert [] == [path for path in led if not path.startswith("/billing/")]


async def test_the_galleries_are_read_page_by_page(ann: Visitor, painter: Painter) -> None:
    await ann.shop.subscribe("ann", "basic")
    painter.hurry()
    for n in (4, 4, 4, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1):
        await ended(ann, await asked(ann, n=str(n)))
    for whose in ("everyone", "mine"):
        first, last = await both_pages(ann, whose)
        shown = [paths_in(page, '/api/v1/images/[^"]*') for page in (first, last)]
        assert 25 == len({src.partition("?")[0] for page in shown for src in page})
        assert all(shown)
        assert "Older" not in text_of(last)
        assert "Newest" in text_of(last)


async def test_behind_the_oldest_picture_there_is_nothing(ann: Visitor, painter: Painter) -> None:
    painter.hurry()
    page = await asked(ann)
    await ended(ann, page)
    oldest = page.rpartition("/")[2]
    assert "There are no older ones" in text_of(await ann.see(f"/gallery?whose=mine&cursor={oldest}"))


async def both_pages(visitor: Visitor, whose: str) -> tuple[Response, Response]:
    """The first page of a gallery, and the one that it leads on to."""
    first = await visitor.see(f"/gallery?whose={whose}")
    (older,) = paths_in(first, r'/gallery\?[^"]*cursor=[^"]*')
    return first, await visitor.see(older)
