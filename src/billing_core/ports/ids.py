"""New ids."""

from typing import Protocol


class IdSource(Protocol):
    """Makes ids that are unique for ever, safe in URLs, and sort by when they were made."""

    def new(self, prefix: str) -> str:
        """Such as `gen_01k9…` for the prefix `gen`."""
        ...
