"""Which tasks a runner takes, where several share the work."""

from collections.abc import Collection, Iterable


def taken(names: Iterable[str], *, tasks: Collection[str] | None, leaving: Collection[str]) -> frozenset[str]:
    """Those of the names that are among `tasks` (None: all there are, whatever they are called), and never those of
    `leaving`. So of runners that share all tasks out among them, the one without `tasks` has what nobody knows."""
    return frozenset(name for name in names if name not in leaving and (tasks is None or name in tasks))
