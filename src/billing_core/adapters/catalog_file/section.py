"""One table of the file, read key by key: the wrong, the missing and the unknown are noted, and reading goes on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from math import isfinite
from types import TracebackType
from typing import Self, TypeGuard, TypeVar

from billing_core.adapters.catalog_file.positions import Path
from billing_core.adapters.catalog_file.reading import Reading
from billing_core.adapters.catalog_file.shapes import Shape
from billing_core.domain.catalog import UNLIMITED, Limit

MOST = 10**12  # more credits or cents than anybody sells, and safe in every database
MOST_DAYS = 36_500
T = TypeVar("T")


class Section:
    """Reads a table, and on the way out of its `with` block blames each key that nobody asked for.

    A reader without a default blames a missing key. What is wrong is noted and a stand-in given, so that the rest is
    checked too; what is built from stand-ins is never used, since the problems are raised before.
    """

    def __init__(self, content: Mapping[str, object], *, path: Path, reading: Reading) -> None:
        self.path = path
        self._content = content
        self._reading = reading
        self._asked: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for key in self._content if kind is None else ():
            if key not in self._asked:
                self.blame(key, self._unknown(key))

    def __contains__(self, key: str) -> bool:
        """Whether the key is there; one that was asked for is not unknown."""
        self._asked.append(key)
        return key in self._content

    def blame(self, key: str, message: str) -> None:
        """Notes what is wrong with the key."""
        self._reading.blame((*self.path, key), message)

    def text(self, key: str, *, shape: Shape | None = None) -> str:
        if shape is None:
            return self._taken(key, _is_text, "must be a text that is not empty", default=None, stand_in="-")

        def fits(value: object) -> TypeGuard[str]:
            return isinstance(value, str) and shape.fits(value)

        return self._taken(key, fits, f"must be {shape.wanted}", default=None, stand_in=shape.example)

    def flag(self, key: str, *, default: bool) -> bool:
        return self._taken(key, _is_flag, "must be true or false", default=default, stand_in=default)

    def whole(self, key: str, *, least: int = 0, most: int = MOST, default: int | None = None) -> int:
        wanted = f"{least} or more" if most == MOST else f"from {least} to {most}"

        def fits(value: object) -> TypeGuard[int]:
            return _is_whole(value) and least <= value <= most

        return self._taken(key, fits, f"must be a whole number, {wanted}", default=default, stand_in=max(least, 1))

    def limit(self, key: str, *, default: Limit | None = None) -> Limit:
        """A whole number, or the text `unlimited`."""
        if self._content.get(key) == UNLIMITED.value:
            self._asked.append(key)
            return UNLIMITED
        wanted = 'must be a whole number, 0 or more, or "unlimited"'
        return self._taken(key, _is_limit, wanted, default=default, stand_in=0)

    def texts(self, key: str, *, shape: Shape | None = None) -> tuple[str, ...]:
        """A list of texts, none of them empty or twice; at least one."""
        values = self._taken(key, _is_filled_list, "must be a list of texts", default=None, stand_in=[])
        texts: list[str] = []
        for index, each in enumerate(values):
            if not _is_text(each):
                self._reading.blame((*self.path, key, index), "must be a text that is not empty")
            elif shape is not None and not shape.fits(each):
                self._reading.blame((*self.path, key, index), f"must be {shape.wanted}")
            elif each in texts:
                self._reading.blame((*self.path, key, index), f'"{each}" stands here twice')
            else:
                texts.append(each)
        return tuple(texts)

    def table(self, key: str) -> "Section":
        """The table of that name; an empty one where there is none."""
        self._asked.append(key)
        return self._section(self._content.get(key, {}), (*self.path, key))

    def tables(self, key: str) -> Sequence["Section"]:
        """The elements of an array of tables; none where there is none."""
        values = self._taken(key, _is_list, "must be a list of tables", default=[], stand_in=[])
        return [self._section(each, (*self.path, key, index)) for index, each in enumerate(values)]

    def named_tables(self, shape: Shape) -> Iterator[tuple[str, "Section"]]:
        """Every key of this table, which the file's author made up, with the table behind it."""
        for key in self.names():
            if not shape.fits(key):
                self.blame(key, f"must be called by {shape.wanted}")
            yield key, self.table(key)

    def names(self) -> Sequence[str]:
        """Every key of this table; from now on none of them is unknown."""
        self._asked.extend(self._content)
        return tuple(self._content)

    def scalar(self, key: str) -> str | int | bool | None:
        """A text, a whole number, true or false; None where it is something else."""
        value = self._content[key]
        if isinstance(value, str | int):
            return value
        self.blame(key, "must be true or false, a whole number or a text")
        return None

    def parameter(self, key: str) -> str | int | float | bool | None:
        """A text, a number, true or false; None where it is something else."""
        value = self._content[key]
        if isinstance(value, str | int) or (isinstance(value, float) and isfinite(value)):
            return value
        self.blame(key, "must be true or false, a number or a text")
        return None

    def _taken(
        self,
        key: str,
        fits: Callable[[object], TypeGuard[T]],
        wanted: str,
        *,
        default: T | None,
        stand_in: T,
    ) -> T:
        if key in self:
            value = self._content[key]
            if fits(value):
                return value
            self.blame(key, wanted)
        elif default is not None:
            return default
        else:
            self.blame(key, "is missing")
        return stand_in

    def _section(self, value: object, path: Path) -> "Section":
        if not isinstance(value, dict):
            self._reading.blame(path, "must be a table")
            value = {}
        return Section(value, path=path, reading=self._reading)

    def _unknown(self, key: str) -> str:
        near = get_close_matches(key, self._asked, n=1)
        return "is not a key that can stand here" + (f"; did you mean {near[0]}?" if near else "")


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip())


def _is_flag(value: object) -> TypeGuard[bool]:
    return isinstance(value, bool)


def _is_whole(value: object) -> TypeGuard[int]:
    # To Python, `true` is a whole number as well.
    return isinstance(value, int) and not isinstance(value, bool)


def _is_limit(value: object) -> TypeGuard[Limit]:
    return _is_whole(value) and 0 <= value <= MOST


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _is_filled_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list) and bool(value)
