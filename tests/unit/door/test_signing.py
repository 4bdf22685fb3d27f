"""Signed links to pictures."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from billing_core.entrypoints.http.signing import Links

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
LINKS = Links(b"a secret", NOON)


def parts(url: str) -> tuple[int, str]:
    expires, _, signature = url.partition("?expires=")[2].partition("&signature=")
    return int(expires), signature


@pytest.mark.failure("F6")
def test_a_link_holds_for_an_hour() -> None:
    link = LINKS.image("img_1")
    expires_s, signature = parts(link.url)
    last, over = NOON + timedelta(minutes=59, seconds=59), NOON + timedelta(hours=1)

    assert link.url.startswith("/api/v1/images/img_1?expires=")
    assert link.expires_at == over
    assert evolve(LINKS, now=last).is_signed("img_1", expires_s, signature)
    assert not evolve(LINKS, now=over).is_signed("img_1", expires_s, signature)


@pytest.mark.failure("F6")
def test_a_link_that_was_touched_does_not_hold() -> None:
    expires_s, signature = parts(LINKS.image("img_1").url)

    assert not LINKS.is_signed("img_2", expires_s, signature)
    assert not LINKS.is_signed("img_1", expires_s + 1, signature)
    assert not LINKS.is_signed("img_1", expires_s, signature[:-1])
    assert not LINKS.is_signed("img_1", expires_s, "é")
    assert not LINKS.is_signed("img_1", None, signature)
    assert not LINKS.is_signed("img_1", expires_s, None)
    assert not evolve(LINKS, secret=b"another").is_signed("img_1", expires_s, signature)


@pytest.mark.parametrize("prefix", ["", "/billing"])
def test_a_link_is_below_where_the_app_is_mounted(prefix: str) -> None:
    assert evolve(LINKS, prefix=prefix).public_image("img/1").url == f"{prefix}/api/v1/images/img%2F1"
