"""The state with what finds things in it: nothing is looked through as a whole, and nothing copied to be changed."""

from collections.abc import Iterable, Iterator
from typing import Any

from attrs import define, field

from billing_core.adapters.simulated.state import TABLES, K, Kept, State

Undo = tuple[type[Any] | None, str, Any]


@define
class Keeping:
    """Changes are made in place and noted, so that those of a change that fails can be taken back."""

    state: State
    _found_by: dict[tuple[type, str], dict[str, None]] = field(factory=dict)
    _undo: list[Undo] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        for kind, name in TABLES.items():
            for value in getattr(self.state, name).values():
                self._index(kind, None, value)

    def put(self, value: Kept) -> None:
        """Keeps it under its id."""
        kind = type(value)
        table = self.state.table(kind)
        old = table.get(value.id)
        self._undo.append((kind, value.id, old))
        table[value.id] = value
        self._index(kind, old, value)

    def count(self, prefix: str) -> int:
        """The next number of that prefix."""
        old = self.state.counters.get(prefix)
        self._undo.append((None, prefix, old))
        n = (old or 0) + 1
        self.state.counters[prefix] = n
        return n

    def named(self, kind: type[K], name: str) -> Iterator[K]:
        """Those of the kind that are found by that name, oldest first."""
        table = self.state.table(kind)
        return (table[key] for key in tuple(self._found_by.get((kind, name), ())))

    def forget(self, kind: type[K], key: str) -> None:
        """Lets go of it for good: this is not taken back."""
        table = self.state.table(kind)
        self._unlist(kind, key, table.pop(key).found_by)

    @property
    def is_changed(self) -> bool:
        return bool(self._undo)

    def settle(self) -> None:
        """What was changed stays."""
        self._undo.clear()

    def undo(self) -> None:
        """What was changed since it was last settled is as it was."""
        while self._undo:
            kind, key, old = self._undo.pop()
            if kind is not None and old is None:
                self.forget(kind, key)
            elif kind is not None:
                table = self.state.table(kind)
                self._index(kind, table[key], old)
                table[key] = old
            elif old is None:
                del self.state.counters[key]
            else:
                self.state.counters[key] = old

    def _index(self, kind: type, old: Kept | None, new: Kept) -> None:
        after = new.found_by
        if old is not None:
            self._unlist(kind, new.id, [name for name in old.found_by if name not in after])
        for name in after:
            self._found_by.setdefault((kind, name), {})[new.id] = None

    def _unlist(self, kind: type, key: str, names: Iterable[str]) -> None:
        for name in names:
            listed = self._found_by[kind, name]
            del listed[key]
            if not listed:
                del self._found_by[kind, name]
