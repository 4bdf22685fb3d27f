"""Whether the process lives, and whether it can do its work."""

import msgspec
from litestar import Controller, get

from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.rates import UNCOUNTED
from billing_core.entrypoints.http.shapes import problems


class HealthShape(msgspec.Struct, kw_only=True):
    """All is well."""

    status: str = "ok"


class Health(Controller):
    """`/health` and `/ready`"""

    path = "/"
    opt = {UNCOUNTED: True}  # noqa: RUF012 (the framework's own class attribute)
    tags = ("Health",)

    @get("/health")
    async def health(self) -> HealthShape:
        """The process answers."""
        return HealthShape()

    @get("/ready", responses=problems(503))
    async def ready(self, generations: given.Generations) -> HealthShape:
        """The books can be read."""
        await generations.gallery(limit=1)
        return HealthShape()
