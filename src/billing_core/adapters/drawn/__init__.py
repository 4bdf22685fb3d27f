"""Pictures that are drawn here, for whoever has no provider: the same request always gives the same landscape."""

from billing_core.adapters.drawn.generator import DrawnImages

__all__ = ["DrawnImages"]
