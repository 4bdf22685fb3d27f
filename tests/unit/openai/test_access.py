"""Which provider a URL belongs to."""

import pytest

from billing_core.adapters.openai.access import PROVIDERS, provider_at
from billing_core.adapters.openai.quirks import QUIRKS


def test_the_providers_are_those_of_the_table() -> None:
    assert ("openai", "azure", "deepinfra", "together", "nebius", "self_hosted") == PROVIDERS


@pytest.mark.parametrize("provider", [name for name, quirks in QUIRKS.items() if quirks.base_url])
def test_a_providers_own_place_is_known_as_its_own(provider: str) -> None:
    assert provider == provider_at(QUIRKS[provider].base_url or "")


@pytest.mark.parametrize(
    ("base_url", "provider"),
    [
        ("https://eu.api.openai.com/v1", "openai"),
        ("https://API.OpenAI.com/v1", "openai"),
        ("https://studio.openai.azure.com/openai/v1?api-version=preview", "azure"),
        ("https://studio.services.ai.azure.com/openai/v1", "azure"),
        ("https://api.together.ai/v1", "together"),
        ("https://openai.com.evil.example/v1", None),
        ("https://notopenai.com/v1", None),
        ("https://api.openai.com@evil.example/v1", None),
        ("http://127.0.0.1:8080/v1", None),
        ("http://localhost/openai.com", None),
        ("nothing", None),
        ("", None),
    ],
)
def test_a_url_belongs_to_whom_its_host_belongs(base_url: str, provider: str | None) -> None:
    assert provider == provider_at(base_url)
