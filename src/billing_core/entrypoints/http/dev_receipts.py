"""The look-alike of a hosted receipt, to which a charge's `receipt_url` leads."""

from litestar import Controller, Response, get
from litestar.params import FromPath

from billing_core.entrypoints.http import dev_pages, given
from billing_core.entrypoints.http.dev import only_simulated
from billing_core.ports.errors import UnknownAtGateway


class DevReceipts(Controller):
    """For whoever knows the charge."""

    path = "/dev/receipts/{charge_id:str}"
    guards = (only_simulated,)
    include_in_schema = False

    @get("/")
    async def show(
        self, charge_id: FromPath[str], simulation: given.Simulation, settings: given.Settings
    ) -> Response[str]:
        try:
            return dev_pages.receipt(await simulation.receipt(charge_id), settings)
        except UnknownAtGateway:
            return dev_pages.nothing_here(settings)
