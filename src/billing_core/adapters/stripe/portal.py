"""The page on which customers manage what they subscribed to."""

from attrs import frozen

from billing_core.adapters.stripe.api import Api, any_key, nothing, reading
from billing_core.adapters.stripe.portal_settings import our_configuration
from billing_core.adapters.stripe.shapes import needed, text


@frozen
class Portal:
    """Stripe's customer portal, with our settings or, where there are none yet, the merchant's own."""

    api: Api

    async def open_portal(self, customer_id: str, *, return_url: str) -> str:
        """A URL that lets the bearer in: a secret, made per click."""
        ours = await our_configuration(self.api)
        session = await self.api.post(
            "/v1/billing_portal/sessions",
            key=any_key(),
            find=nothing,
            customer=customer_id,
            return_url=return_url,
            configuration=text(ours, "id") if ours else None,
        )
        with reading("a portal session"):
            return needed(text(session, "url", longest=5000), "url")
