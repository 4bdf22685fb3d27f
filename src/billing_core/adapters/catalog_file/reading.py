"""The tree of a TOML text, the place of each of its keys, and what was found to be wrong with them."""

import json
import re
import tomllib
from collections.abc import Mapping

from attrs import field, frozen

from billing_core.adapters.catalog_file.positions import Path, scan
from billing_core.adapters.catalog_file.problems import CatalogError, Problem

PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
TWICE = ("Cannot overwrite a value", "Cannot declare", "Duplicate inline table key", "Cannot redefine")


@frozen
class Reading:
    """A text that tomllib accepts. Problems are collected, and raised together."""

    lines: Mapping[Path, int]
    problems: list[Problem] = field(factory=list)
    broken: set[str | int] = field(factory=set)

    def blame(self, path: Path, message: str) -> None:
        """Notes a problem with the key; where the key is missing, the line is that of the table it is missing from."""
        self.problems.append(Problem(self._line(path), dotted(path), message))
        self.broken.update(path[:1])

    def is_sound(self, *sections: str) -> bool:
        """Whether nothing was wrong so far with these top-level tables, so that others may be compared with them."""
        return self.broken.isdisjoint(sections)

    def raise_problems(self) -> None:
        """Raises CatalogError where there is a problem."""
        if self.problems:
            raise CatalogError(tuple(sorted(set(self.problems))))

    def _line(self, path: Path) -> int:
        known = (self.lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.lines)
        return next(known, 1)


def read(text: str) -> tuple[dict[str, object], Reading]:
    """Raises CatalogError with one problem where the text is no TOML."""
    try:
        tree = tomllib.loads(text)
    except RecursionError as error:
        raise CatalogError((Problem(1, "", "is nested too deeply"),)) from error
    except ValueError as error:  # TOMLDecodeError is one; a number with thousands of digits raises a plain one
        raise CatalogError((_refused(text, str(error)),)) from error
    return tree, Reading(scan(text).lines)


def dotted(path: Path) -> str:
    """The path as a TOML file would write it, array elements counted from 1: `plans.basic.prices[2].amount_minor`."""
    written = ""
    for part in path:
        if isinstance(part, int):
            written += f"[{part + 1}]"
        else:
            plain = re.fullmatch(r"[A-Za-z0-9_-]+", part)
            written += ("." if written else "") + (part if plain else json.dumps(part, ensure_ascii=False))
    return written


def _refused(text: str, said: str) -> Problem:
    """What tomllib said, and where: it tells the place, and the scanner finds the key that stands there."""
    until = _until(text, said)
    found = scan(until)
    message = PLACE.sub("", said)
    if message.startswith(TWICE) and found.twice is not None:
        path, line = found.twice
        return Problem(line, dotted(path), f"stands here a second time; the first is on line {found.lines[path]}")
    return Problem(until.count("\n") + 1, dotted(found.last), message[:1].lower() + message[1:])


def _until(text: str, said: str) -> str:
    """The text until the place that tomllib names."""
    lines = text.replace("\r\n", "\n").split("\n")
    place = PLACE.search(said)
    if place is None or place[1] is None:
        return "\n".join(lines).rstrip("\n")
    line, column = int(place[1]), int(place[2])
    return "\n".join((*lines[: line - 1], lines[line - 1][: column - 1]))
