"""The HTTP door: `create_app(settings)` is the ASGI app, to run or to mount inside another."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from billing_core.entrypoints.http.app import build_app, create_app
else:  # a type checker that saw it would believe in every name

    def __getattr__(name: str) -> Any:
        """The app is loaded when it is asked for: the pages need the door's parts, and the app needs the pages."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.app"), name)


__all__ = ["build_app", "create_app"]
