"""Whether everything gets on: webhooks, the queue of jobs, and what must hold of accounts."""

from litestar import Controller, Response, get

from billing_core.application.diagnosing import Level
from billing_core.entrypoints.http import given
from billing_core.entrypoints.web.admin.doors import operators_only
from billing_core.entrypoints.web.giving import Page

LEVELS = {Level.OK: ("Well", "good"), Level.WARNING: ("Look", "warn"), Level.ERROR: ("Mend", "bad")}
CHECKS = {
    "events": "Webhooks come",
    "inbox": "Webhooks are taken in",
    "queue": "Jobs are done",
    "accounts": "What must hold of accounts does",
}


class HealthPages(Controller):
    """`/admin/health`"""

    path = "/admin/health"
    guards = (operators_only,)
    include_in_schema = False

    @get("/")
    async def show(self, web: Page, diagnosing: given.Diagnosing) -> Response[str]:
        """What the doctor finds by the books, each with its mending."""
        findings = [finding async for finding in diagnosing()]
        return web.page("admin_health.html", findings=findings, levels=LEVELS, checks=CHECKS)
