"""What every GatewaySetup does: it reads, and says what is missing."""

from datetime import timedelta

import pytest

from billing_core.ports.gateway_setup import GatewaySetup

URL = "https://app.test/webhook"


class GatewaySetupContract:
    """Subclass it; give the fixture `setup` of an account without endpoints, and the hook."""

    @pytest.fixture
    def setup(self) -> GatewaySetup:
        raise NotImplementedError("give the setup that is to be tried")

    async def add_endpoint(self, url: str, *, everything: bool) -> None:
        """Makes a webhook endpoint at the gateway that is sent all events, or hardly any."""
        raise NotImplementedError

    async def test_the_time_is_told_in_utc_or_not_at_all(self, setup: GatewaySetup) -> None:
        told = await setup.server_time()

        assert told is None or told.utcoffset() == timedelta(0)

    async def test_where_there_is_no_endpoint_none_is_told(self, setup: GatewaySetup) -> None:
        assert await setup.endpoints() == ()

    async def test_an_endpoint_that_is_sent_everything_lacks_nothing(self, setup: GatewaySetup) -> None:
        await self.add_endpoint(URL, everything=True)

        assert [(each.url, each.enabled, each.missing) for each in await setup.endpoints()] == [(URL, True, ())]

    async def test_what_is_needed_and_not_sent_is_told(self, setup: GatewaySetup) -> None:
        await self.add_endpoint(URL, everything=False)

        (endpoint,) = await setup.endpoints()
        assert endpoint.missing
