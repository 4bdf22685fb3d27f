"""The page on which customers manage what they subscribed to."""

from attrs import frozen

from billing_core.adapters.stripe.api import Api, any_key, nothing, reading
from billing_core.adapters.stripe.shapes import Shape, needed, part, text

CONFIGURATIONS = "/v1/billing_portal/configurations"
MARK, DEFAULT = "billing_core", "default"
"""The name and the value in the metadata of the portal's configuration that is ours."""


def is_ours(configuration: Shape) -> bool:
    """Whether the configuration is the one that `sync-products` writes."""
    return part(configuration, "metadata").get(MARK) == DEFAULT


@frozen
class Portal:
    """Stripe's customer portal, with our settings or, where there are none yet, the account's own."""

    api: Api

    async def open_portal(self, customer_id: str, *, return_url: str) -> str:
        """A URL that lets the bearer in: a secret, made per click."""
        session = await self.api.post(
            "/v1/billing_portal/sessions",
            key=any_key(),
            find=nothing,
            customer=customer_id,
            return_url=return_url,
            configuration=await self._configuration(),
        )
        with reading("a portal session"):
            return needed(text(session, "url", longest=5000), "url")

    async def _configuration(self) -> str | None:
        async for configuration in self.api.pages(CONFIGURATIONS, active=True):
            if is_ours(configuration):
                with reading("a portal configuration"):
                    return needed(text(configuration, "id"), "id")
        return None
