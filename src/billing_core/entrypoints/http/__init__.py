"""The HTTP door: `create_app(settings)` is the ASGI app, to run or to mount inside another."""

from billing_core.entrypoints.http.app import build_app, create_app

__all__ = ["build_app", "create_app"]
