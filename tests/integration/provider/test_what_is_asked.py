"""What each provider is sent: the request as it came over the wire."""

from hashlib import sha256

import pytest

from billing_core.adapters.openai.access import Access
from billing_core.adapters.openai.opening import openai_images
from billing_core.adapters.openai.quirks import QUIRKS
from billing_core.domain.catalog import Model
from billing_core.ports.errors import Misconfigured
from billing_core.ports.images import Picture
from tests.provider.asking import KEY, SIZE, Watcher, a_request, asking, models_of
from tests.provider.server import ImageServer

PROMPT = "a lighthouse at dusk"
PLAIN = {"prompt": PROMPT, "n": 1}
WIDE = {"width": 96, "height": 64}
USER = sha256(b"acc_1").hexdigest()

SENT = {
    "openai": {**PLAIN, "size": SIZE, "quality": "high", "safety_identifier": USER},
    "azure": {**PLAIN, "size": SIZE, "quality": "high"},
    "deepinfra": {**PLAIN, "size": SIZE, "response_format": "b64_json"},
    "together": {**PLAIN, **WIDE, "response_format": "base64"},
    "nebius": {**PLAIN, **WIDE, "response_format": "b64_json"},
    "self_hosted": {**PLAIN, "size": SIZE, "response_format": "b64_json"},
}


@pytest.mark.parametrize("provider", QUIRKS)
async def test_each_provider_is_asked_in_its_own_words(provider: str) -> None:
    server = ImageServer()

    async with asking(server) as images:
        await images.generate(a_request(provider, quality="high"))

    assert {**SENT[provider], "model": f"studio/{provider}-1"} == server.calls[0].body


@pytest.mark.parametrize("provider", ["openai", "azure"])
async def test_a_single_picture_that_is_watched_is_streamed(provider: str) -> None:
    server, watcher = ImageServer(), Watcher()

    async with asking(server, provider) as images:
        made = await images.generate(a_request(provider), watch=watcher)

    assert {"stream": True, "partial_images": 2}.items() <= server.calls[0].body.items()
    assert [(96, 64), (96, 64)] == [(picture.width, picture.height) for picture in watcher.seen]
    assert (1, "req_1", 12, 100) == (
        len(made.pictures),
        made.provider_request_id,
        made.input_tokens,
        made.output_tokens,
    )


async def test_several_pictures_are_not_streamed_since_nobody_can() -> None:
    server = ImageServer()

    async with asking(server, "openai") as images:
        await images.generate(a_request("openai", n=2), watch=Watcher())

    assert "stream" not in server.calls[0].body


async def test_what_the_catalog_says_for_a_quality_is_sent_with_it_alone() -> None:
    server = ImageServer()

    async with asking(server, "together") as images:
        await images.generate(a_request("together", quality="hd"))
        await images.generate(a_request("together", quality="standard"))

    assert [40, None] == [call.body.get("steps") for call in server.calls]


@pytest.mark.parametrize("quality", ["standard", "hd"])
async def test_a_quality_that_the_provider_has_no_word_for_is_not_sent(quality: str) -> None:
    server = ImageServer()

    async with asking(server, "openai") as images:
        await images.generate(a_request("openai", quality=quality))

    assert "quality" not in server.calls[0].body


async def test_no_account_is_no_end_user() -> None:
    server = ImageServer()

    async with asking(server, "openai") as images:
        await images.generate(a_request("openai", account_id=""))

    assert "safety_identifier" not in server.calls[0].body


@pytest.mark.parametrize("provider", QUIRKS)
async def test_a_request_is_sent_once_whatever_becomes_of_it(provider: str) -> None:
    server = ImageServer()
    server.always("error_500")

    async with asking(server, provider) as images:
        with pytest.raises(Exception, match="unknown"):
            await images.generate(a_request(provider))

    assert ["error_500"] == list(server.made.elements())


async def test_no_connection_is_used_for_a_second_request() -> None:
    server = ImageServer(keeps_alive=True)

    async with asking(server, "deepinfra") as images:
        for _ in range(3):
            await images.generate(a_request())

    assert 3 == server.connections


async def test_azure_gets_its_key_in_its_own_header_too() -> None:
    server = ImageServer()

    async with asking(server, "azure", "deepinfra") as images:
        await images.generate(a_request("azure"))
        await images.generate(a_request("deepinfra"))

    assert [KEY, None] == [call.headers.get("api-key") for call in server.calls]


async def test_what_stands_behind_the_base_url_is_sent_with_every_request() -> None:
    server = ImageServer()

    async with (
        server.on_loopback() as base,
        openai_images({"azure": Access(KEY, f"{base}?api-version=preview")}, models_of("azure")) as images,
    ):
        await images.generate(a_request("azure"))

    assert "/v1/images/generations?api-version=preview" == server.calls[0].path


async def test_a_server_of_ones_own_needs_no_key() -> None:
    server = ImageServer()

    async with (
        server.on_loopback() as base,
        openai_images({"self_hosted": Access("", base)}, models_of("self_hosted")) as images,
    ):
        await images.generate(a_request("self_hosted"))

    assert 1 == len(server.calls)


async def test_what_the_environment_has_for_openai_goes_to_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "OPENAI_ORG_ID": "org_1",
        "OPENAI_PROJECT_ID": "proj_1",
        "OPENAI_API_KEY": "sk-of-openai",
        "OPENAI_BASE_URL": "http://127.0.0.1:1",
        "OPENAI_CUSTOM_HEADERS": "Authorization: Bearer sk-of-openai",
    }.items():
        monkeypatch.setenv(name, value)
    server = ImageServer()

    async with asking(server, "openai", "together") as images:
        await images.generate(a_request("openai"))
        await images.generate(a_request("together"))

    assert [f"Bearer {KEY}"] * 2 == [call.headers["authorization"] for call in server.calls]
    assert ["org_1", None] == [call.headers.get("openai-organization") for call in server.calls]
    assert ["proj_1", None] == [call.headers.get("openai-project") for call in server.calls]


async def test_who_stands_in_is_asked_for_those_without_an_access_only() -> None:
    own, proxy = ImageServer(), ImageServer()

    async with (
        own.on_loopback() as at_own,
        proxy.on_loopback() as at_proxy,
        openai_images(
            {"together": Access(KEY, at_own)}, models_of("together", "nebius"), fallback=Access(KEY, at_proxy)
        ) as images,
    ):
        await images.generate(a_request("together"))
        await images.generate(a_request("nebius"))

    assert ["studio/together-1"] == [call.body["model"] for call in own.calls]
    assert ["studio/nebius-1"] == [call.body["model"] for call in proxy.calls]


@pytest.mark.parametrize("accesses", [{}, {"azure": Access(KEY)}], ids=["no access", "no address"])
async def test_a_model_of_a_provider_that_is_not_set_up_is_told(accesses: dict[str, Access]) -> None:
    async with openai_images(accesses, models_of("azure")) as images:
        with pytest.raises(Misconfigured, match="azure is not set up: there is no key or no base URL for it"):
            await images.generate(a_request("azure"))


async def test_a_model_that_the_catalog_does_not_know_is_told() -> None:
    async with openai_images({}, {}) as images:
        with pytest.raises(Misconfigured, match="the catalog does not say who makes pictures"):
            await images.generate(a_request("azure"))


async def test_a_provider_that_nobody_knows_is_asked_like_ones_own() -> None:
    server = ImageServer()
    models = {"deepinfra": Model("deepinfra", "studio", "pen-1")}

    async with (
        server.on_loopback() as base,
        openai_images({"studio": Access(KEY, base)}, models) as images,
    ):
        (picture,) = (await images.generate(a_request())).pictures

    assert isinstance(picture, Picture)
    assert "size" in server.calls[0].body
