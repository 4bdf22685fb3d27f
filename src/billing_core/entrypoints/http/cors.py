"""Which other sites' scripts may use the API from a browser.

They bring a token in a header; the pages' cookie is never sent for them, so nobody's session is theirs.
"""

from litestar.config.cors import CORSConfig

from billing_core.entrypoints.settings import Settings

READ = ["authorization", "content-type", "idempotency-key", "last-event-id", "prefer"]
SHOWN = ["content-disposition", "location", "ratelimit", "ratelimit-policy", "retry-after"]


def cors_of(settings: Settings) -> CORSConfig | None:
    """None where no other site may."""
    if not settings.cors_origins:
        return None
    return CORSConfig(
        allow_origins=sorted(settings.cors_origins),
        allow_methods=["DELETE", "GET", "PATCH", "POST"],
        allow_headers=READ,
        expose_headers=SHOWN,
    )
