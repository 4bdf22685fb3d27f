"""The bytes of pictures over HTTP: kept by clients, asked for by head, looked at by who may."""

import pytest

from billing_core.entrypoints.http.images import CONTENT_TYPES, headers_of
from tests.shops.http import Shop


async def test_a_client_keeps_a_picture_that_it_has(shop: Shop) -> None:
    [image] = (await shop.generate())["images"]
    first = await shop.client.get(image["url"])
    tag = first.headers["etag"]
    sent = [tag, f"W/{tag}", f'"another", {tag}', "*"]
    again = [await shop.client.get(image["url"], headers={"If-None-Match": value}) for value in sent]
    other = await shop.client.get(image["url"], headers={"If-None-Match": '"another"'})

    assert [(304, b"", tag)] * 4 == [(answer.status_code, answer.content, answer.headers["etag"]) for answer in again]
    assert (200, first.content) == (other.status_code, other.content)


@pytest.mark.failure("F6")
async def test_who_may_not_see_a_picture_is_not_told_that_they_have_it(shop: Shop) -> None:
    await shop.subscribe(tier="premium")
    [image] = (await shop.generate(private=True))["images"]
    known = {"If-None-Match": "*"}
    own = await shop.ask("GET", f"/images/{image['id']}", headers=known)
    strangers = await shop.ask("GET", f"/images/{image['id']}", "bob", headers=known)
    await shop.ask("DELETE", f"/images/{image['id']}")
    deleted = await shop.ask("GET", f"/images/{image['id']}", headers=known)

    assert (304, 404, 404) == (own.status_code, strangers.status_code, deleted.status_code)


async def test_the_head_of_a_picture_is_that_of_its_bytes(shop: Shop) -> None:
    [image] = (await shop.generate())["images"]
    whole, head = await shop.client.get(image["url"]), await shop.client.head(image["url"])
    missing = await shop.client.head("/api/v1/images/img_none")
    varying = {"date", "x-request-id"}

    assert (200, b"") == (head.status_code, head.content)
    assert {name: value for name, value in whole.headers.items() if name not in varying} == {
        name: value for name, value in head.headers.items() if name not in varying
    }
    assert str(len(whole.content)) == head.headers["content-length"]
    assert 404 == missing.status_code


@pytest.mark.failure("F9")
@pytest.mark.parametrize("kind", sorted(CONTENT_TYPES))
def test_a_bitmap_is_shown(kind: str) -> None:
    assert f'inline; filename="img_1.{kind}"' == headers_of("img_1", kind)["Content-Disposition"]


@pytest.mark.failure("F9")
@pytest.mark.parametrize("kind", ["svg", "svg+xml", "html", "gif", "pdf", "PNG", 'png"; x="', ""])
def test_anything_else_is_only_kept(kind: str) -> None:
    headers = headers_of("img_1", kind)

    assert 'attachment; filename="img_1"' == headers["Content-Disposition"]
    assert "sandbox" in headers["Content-Security-Policy"]
    assert kind not in CONTENT_TYPES


async def test_the_description_tells_of_streams_and_pictures(shop: Shop) -> None:
    paths = (await shop.client.get("/schema/openapi.json")).json()["paths"]
    events = paths["/api/v1/generations/{generation_id}/events"]["get"]
    partial = paths["/api/v1/generations/{generation_id}/partials/{step}"]["get"]
    image = paths["/api/v1/images/{image_id}"]

    assert ["text/event-stream"] == list(events["responses"]["200"]["content"])
    assert {"200", "204", "400", "401", "403", "404", "422", "429"} == set(events["responses"])
    assert {("token", "query"), ("Last-Event-ID", "header"), ("last_event_id", "query")} <= {
        (parameter["name"], parameter["in"]) for parameter in events["parameters"]
    }
    assert ["image/*"] == list(partial["responses"]["200"]["content"])
    assert {"get", "patch", "delete"} <= set(image)
    assert {"200", "304", "404"} <= set(image["get"]["responses"])
