"""Another gateway for billing-core: Till, its adapter, and what it tells.

    till = Till(tariffs_of(catalog), clock)
    async with Billing.open(url, gateway=TillGateway(till), webhooks=TillWebhooks(secret)) as billing:

`provider` stands in for the provider's own API; `gateway` and `webhooks` are what a new adapter is made of.
"""

from till.gateway import TillGateway, tariffs_of
from till.provider import Till
from till.webhooks import TillWebhooks, signature_of

__all__ = ["Till", "TillGateway", "TillWebhooks", "signature_of", "tariffs_of"]
