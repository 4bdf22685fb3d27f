"""Where a customer may be sent."""

import pytest

from billing_core.application.checking_out import Return
from billing_core.entrypoints.http.redirects import redirects_of
from billing_core.entrypoints.http.refusals import RedirectNotAllowed
from billing_core.entrypoints.settings import Settings

REDIRECTS = redirects_of(
    Settings(
        frontend_url="https://app.example",
        allowed_redirects=frozenset({"https://good.example", "http://localhost:3000"}),
    )
)


@pytest.mark.failure("F7")
@pytest.mark.parametrize(
    "url",
    [
        "https://good.example",
        "https://good.example/",
        "https://GOOD.example/a?b=c#d",
        "https://good.example/done?session_id={CHECKOUT_SESSION_ID}",
        "http://localhost:3000/done",
        "https://app.example/done",
        "http://127.0.0.1:8000/done",
    ],
)
def test_an_allowed_origin_is_kept_as_it_is(url: str) -> None:
    assert REDIRECTS.checked("success_url", url) == url


@pytest.mark.failure("F7")
@pytest.mark.parametrize(
    "url",
    [
        "",
        "/done",
        "//evil.example",
        "///evil.example",
        "https:evil.example",
        "https:/evil.example",
        "https:///evil.example",
        "/\\evil.example",
        "https:\\\\evil.example",
        "https://good.example\\@evil.example",
        "https://good.example\\.evil.example",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "https://good.example@evil.example",
        "https://user:pass@good.example",
        "https://@good.example",
        "https://good.example.evil.example",
        "https://evilgood.example",
        "https://good.example:8443",
        "https://good.example:443@evil.example",
        "https://good.example:",
        "https://good.example:x/",
        "http://good.example",
        "http://localhost:30000",
        "http://localhost",
        "ftp://good.example",
        "https://good.example/\r\nSet-Cookie: a=b",
        "https://good.example/\ttab",
        "https://good\t.example/",
        " https://good.example",
        "https://good.example ",
        "https://good\u3002example/",
        "https://good\uff0eexample/",
        "https://g\u043e\u043ed.example/",
        "https://good.example\u2044.evil.example/",
        "https://good.example%2eevil.example/",
        "https://good.example%00.evil.example/",
        "https://[::1/",
        "https://[good.example]/",
        "https://good.example./",
        "\x00https://good.example",
    ],
)
def test_any_other_origin_is_refused(url: str) -> None:
    with pytest.raises(RedirectNotAllowed, match="cancel_url"):
        REDIRECTS.checked("cancel_url", url)


def test_customers_come_back_to_the_frontend_by_default() -> None:
    assert REDIRECTS.checkout(None, None) == Return(
        success_url="https://app.example/subscription/success?session_id={CHECKOUT_SESSION_ID}",
        cancel_url="https://app.example/subscription/cancel",
    )
    assert REDIRECTS.portal(None) == "https://app.example/account"
