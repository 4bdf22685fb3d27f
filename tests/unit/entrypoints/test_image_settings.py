"""Who makes the pictures, as the environment says it, and what is refused before anything starts."""

import pytest

from billing_core.adapters.openai.quirks import QUIRKS
from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.image_settings import PROVIDERS, ImageSettings, ProviderAccess
from billing_core.entrypoints.settings import from_environment


def set_up(**environ: str) -> ImageSettings:
    return from_environment(environ).images


def test_without_a_key_pictures_are_drawn_and_seem_to_take_a_moment() -> None:
    images = set_up()

    assert images.are_drawn
    assert images == ImageSettings(drawing_s=1)


def test_where_the_product_is_embedded_drawing_takes_no_time() -> None:
    assert 0 == ImageSettings().drawing_s


def test_each_provider_has_a_key_and_an_address_of_its_own() -> None:
    for name, known in PROVIDERS.items():
        base_url = "" if known.domains else "http://gpu.local:8000/v1"
        base_url = base_url or f"https://shop.{known.domains[0]}/v1"

        images = from_environment({known.key: "a-key", known.base_url: base_url}).images

        assert {name: ProviderAccess("a-key", base_url)} == images.providers
        assert images.elsewhere is None


def test_a_key_alone_is_shown_to_its_providers_own_address() -> None:
    images = set_up(OPENAI_API_KEY=" sk-1\n", DEEPINFRA_API_KEY="di-1", TOGETHER_API_KEY="")

    assert {"openai": ProviderAccess("sk-1"), "deepinfra": ProviderAccess("di-1")} == images.providers
    assert not images.are_drawn


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://eu.api.openai.com/v1", "openai"),
        ("https://API.OpenAI.com/v1", "openai"),
        ("https://api.deepinfra.com/v1/openai", "deepinfra"),
        ("https://api.together.xyz/v1", "together"),
        ("https://api.together.ai/v1", "together"),
        ("https://api.tokenfactory.nebius.com/v1", "nebius"),
        ("https://shop.openai.azure.com/openai/v1?api-version=preview", "azure"),
        ("https://shop.services.ai.azure.com/openai/v1", "azure"),
    ],
)
def test_openais_address_at_a_known_provider_sets_up_that_provider(base_url: str, name: str) -> None:
    images = set_up(OPENAI_API_KEY="a-key", OPENAI_BASE_URL=base_url)

    assert {name: ProviderAccess("a-key", base_url)} == images.providers
    assert images.elsewhere is None


@pytest.mark.parametrize(
    "base_url",
    [
        "http://127.0.0.1:4000/v1",
        "https://openai.com.proxy.example/v1",
        "https://notopenai.com/v1",
        "http://localhost/openai.com",
        "https://proxy.westeurope.cloudapp.azure.com/v1",
    ],
)
def test_openais_address_anywhere_else_serves_the_models_of_all_who_have_nothing_of_their_own(base_url: str) -> None:
    images = set_up(OPENAI_API_KEY="a-key", OPENAI_BASE_URL=base_url + "/", TOGETHER_API_KEY="t-1")

    assert {"together": ProviderAccess("t-1")} == images.providers
    assert ProviderAccess("a-key", base_url) == images.elsewhere


def test_settings_and_adapter_know_the_same_providers() -> None:
    assert list(PROVIDERS) == list(QUIRKS)
    assert {name: known.has_home for name, known in PROVIDERS.items()} == {
        name: quirks.base_url is not None for name, quirks in QUIRKS.items()
    }


def test_a_server_of_ones_own_may_ask_for_no_key() -> None:
    assert {"self_hosted": ProviderAccess("", "http://gpu:8000/v1")} == set_up(
        SELF_HOSTED_BASE_URL="http://gpu:8000/v1"
    ).providers
    assert ProviderAccess("", "http://proxy:4000") == set_up(OPENAI_BASE_URL="http://proxy:4000").elsewhere


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"DEEPINFRA_BASE_URL": "https://api.deepinfra.com/v1/openai"}, "set DEEPINFRA_API_KEY"),
        ({"OPENAI_BASE_URL": "https://api.deepinfra.com/v1/openai"}, "there is no key for https://api.deepinfra.com"),
        ({"AZURE_OPENAI_API_KEY": "a-key"}, "AZURE_OPENAI_BASE_URL must be set"),
        ({"SELF_HOSTED_API_KEY": "a-key"}, "SELF_HOSTED_BASE_URL must be set"),
        ({"OPENAI_API_KEY": "two words"}, "OPENAI_API_KEY must have no spaces"),
        ({"OPENAI_API_KEY": "schlüssel"}, "OPENAI_API_KEY must have no spaces"),
        (
            {"OPENAI_BASE_URL": "https://api.together.xyz/v1", "OPENAI_API_KEY": "a", "TOGETHER_API_KEY": "b"},
            "both set up together",
        ),
        ({"OPENAI_BASE_URL": "api.openai.com/v1", "OPENAI_API_KEY": "a"}, "OPENAI_BASE_URL must be an http"),
        ({"OPENAI_BASE_URL": "https://user:pw@api.openai.com/v1"}, "without user"),
        ({"OPENAI_BASE_URL": "https://api.openai.com/v1#here"}, "without user and fragment"),
        ({"OPENAI_BASE_URL": "https://[::1/v1"}, "must be an http"),
        ({"OPENAI_BASE_URL": "http://0177.0.0.1/v1"}, "must be an http"),
        ({"OPENAI_BASE_URL": "http://a..b/v1"}, "must be an http"),
        ({"OPENAI_BASE_URL": "http://a b/v1"}, "must be an http"),
        ({"OPENAI_BASE_URL": "https://host:99999/v1"}, "must be an http"),
        ({"BILLING_IMAGE_CONCURRENCY": "0"}, "BILLING_IMAGE_CONCURRENCY must be a number from 1"),
        ({"BILLING_IMAGE_CONCURRENCY": "501"}, "BILLING_IMAGE_CONCURRENCY"),
        ({"BILLING_IMAGE_CONCURRENCY": "many"}, "BILLING_IMAGE_CONCURRENCY"),
        ({"BILLING_DRAWING_SECONDS": "-1"}, "BILLING_DRAWING_SECONDS must be a number from 0"),
        ({"BILLING_DRAWING_SECONDS": "nan"}, "BILLING_DRAWING_SECONDS"),
        ({"BILLING_DRAWING_SECONDS": "soon"}, "BILLING_DRAWING_SECONDS"),
        ({"BILLING_DRAWING_SECONDS": "121"}, "BILLING_DRAWING_SECONDS"),
    ],
)
def test_what_cannot_work_is_refused_by_name(environ: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        from_environment(environ)


def test_how_many_at_once_and_how_long_a_drawing_takes_can_be_set() -> None:
    images = set_up(BILLING_IMAGE_CONCURRENCY="32", BILLING_DRAWING_SECONDS="0.25")

    assert (32, 0.25) == (images.concurrency, images.drawing_s)


@pytest.mark.parametrize(
    ("base_url", "in_clear"),
    [
        ("http://proxy.example:4000/v1", ("proxy.example:4000",)),
        ("http://8.8.8.8/v1", ("8.8.8.8",)),
        ("https://proxy.example/v1", ()),
        ("http://gpu-1:8000/v1", ()),
        ("http://127.0.0.1:8000/v1", ()),
        ("http://10.0.0.7/v1", ()),
        ("http://[::1]:8000/v1", ()),
    ],
)
def test_a_key_that_leaves_ones_own_network_unencrypted_is_known(base_url: str, in_clear: tuple[str, ...]) -> None:
    assert in_clear == set_up(OPENAI_API_KEY="a-key", OPENAI_BASE_URL=base_url).in_clear
    assert in_clear == set_up(SELF_HOSTED_API_KEY="a-key", SELF_HOSTED_BASE_URL=base_url).in_clear
    assert () == set_up(OPENAI_BASE_URL=base_url).in_clear


def test_who_makes_them_is_told_in_words() -> None:
    both = set_up(TOGETHER_API_KEY="a", DEEPINFRA_API_KEY="b", OPENAI_BASE_URL="http://proxy:4000/v1?key=c")

    assert "drawn placeholders (how to have real ones: docs/images.md)" == set_up().told
    assert "made by deepinfra, together, proxy:4000" == both.told


def test_no_key_shows_in_the_settings() -> None:
    settings = from_environment(
        {
            "OPENAI_API_KEY": "sk-of-openai",
            "OPENAI_BASE_URL": "http://proxy:4000?token=of-proxy",
            "TOGETHER_API_KEY": "of-together",
        }
    )

    assert "of-" not in repr(settings)
