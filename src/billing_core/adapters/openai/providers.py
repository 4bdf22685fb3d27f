"""One client for each provider that we may ask."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import httpx2
import openai
from attrs import evolve, field, frozen

from billing_core.adapters.openai.access import Access
from billing_core.adapters.openai.capping import capped_client
from billing_core.adapters.openai.failures import Asked
from billing_core.adapters.openai.limits import Limits
from billing_core.adapters.openai.quirks import Quirks, quirks_of
from billing_core.domain.catalog import Model
from billing_core.ports.errors import Misconfigured

NO_KEY = "none"  # a server that wants no key gets this one


@frozen(kw_only=True)
class Provider:
    """Somebody who makes pictures, how to speak to them, and the client that does."""

    name: str
    quirks: Quirks
    client: openai.AsyncOpenAI = field(repr=False)

    @property
    def asked(self) -> Asked:
        return Asked(self.name, self.client.api_key)

    @property
    def base_url(self) -> str:
        return str(self.client.base_url)


@frozen(kw_only=True)
class Providers:
    """Those who can be asked, by name, and who stands in for all others, if anybody does.

    Who stands in passes requests on, or understands what is meant for another: it is spoken to as that one would be.
    """

    by_name: Mapping[str, Provider]
    stand_in: Provider | None = None

    def of(self, model: Model) -> Provider:
        """Who makes pictures with the model. Raises Misconfigured where nobody does."""
        found = self.by_name.get(model.provider)
        if found is None and self.stand_in is not None:
            return evolve(self.stand_in, name=model.provider, quirks=quirks_of(model.provider))
        if found is None:
            raise Misconfigured(model.provider, f"there is no key or no base URL for it, and {model.key} is made there")
        return found


@asynccontextmanager
async def open_providers(
    accesses: Mapping[str, Access], *, fallback: Access | None, limits: Limits, trusted: ssl.SSLContext
) -> AsyncIterator[Providers]:
    """The clients are open while the block lasts. An access without any base URL is as good as none."""
    async with AsyncExitStack() as stack:

        async def opened(name: str, access: Access) -> Provider:
            quirks = quirks_of(name)
            client = await stack.enter_async_context(_client(access, quirks, limits, trusted))
            return Provider(name=name, quirks=quirks, client=client)

        usable = {name: each for name, each in accesses.items() if each.base_url or quirks_of(name).base_url}
        by_name = {name: await opened(name, access) for name, access in usable.items()}
        has_place = fallback is not None and fallback.base_url is not None
        yield Providers(
            by_name=by_name,
            stand_in=await opened("fallback", fallback) if fallback is not None and has_place else None,
        )


def _client(access: Access, quirks: Quirks, limits: Limits, trusted: ssl.SSLContext) -> openai.AsyncOpenAI:
    """It asks once and never again by itself. The Authorization is ours, whatever the environment has for OpenAI."""
    key = access.api_key or NO_KEY
    url = httpx2.URL(access.base_url or quirks.base_url or "")
    timeout = httpx2.Timeout(limits.default_s, connect=limits.connect_s)
    client = openai.AsyncOpenAI(
        api_key=key,
        base_url=url.copy_with(query=None),
        max_retries=0,
        timeout=timeout,
        default_headers={"Authorization": f"Bearer {key}"} | ({quirks.key_header: key} if quirks.key_header else {}),
        default_query=dict(url.params),
        http_client=capped_client(limits.answer_bytes, timeout=timeout, trusted=trusted),
    )
    if quirks_of("openai") is not quirks:
        client.organization = client.project = None  # the environment's are OpenAI's own
    return client
