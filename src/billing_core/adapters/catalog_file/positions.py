"""On which line each key of a TOML text stands. tomllib decodes, but forgets where.

This scanner understands just enough: it steps over values without decoding them, and it relies on tomllib having
accepted the text. Where tomllib refused it, it goes as far as it can, so that the refusal can name a key.
"""

import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress

from attrs import frozen

Path = tuple[str | int, ...]

BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'  # up to two quotes may stand right before the closing three
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
PLAIN_VALUE = re.compile(r"[^,\]}#\n]+")
DOT = re.compile(r"[ \t]*\.[ \t]*")


class _Unreadable(Exception):
    """The text is no TOML from here on."""


@frozen
class Scan:
    """What was found: the line (from 1) of every table, key and array element, by path; an index is an int in it.

    `last` is the last key that was read, `twice` the first one that stands where it already stood, with its line.
    """

    lines: Mapping[Path, int]
    last: Path
    twice: tuple[Path, int] | None


def scan(text: str) -> Scan:
    """Where everything stands, as far as the text can be read."""
    # A line may end in "\r\n", in strings too; the count of lines is the same, and the patterns need one case less.
    scanner = _Scanner(text.replace("\r\n", "\n"))
    with suppress(_Unreadable, RecursionError):  # what was read until there is still right
        scanner.document()
    return Scan(scanner.lines, scanner.last, scanner.twice)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self.last: Path = ()
        self.twice: tuple[Path, int] | None = None
        self._text = text
        self._at = 0
        self._arrays: dict[Path, int] = {}
        self._said: set[Path] = set()

    def document(self) -> None:
        table: Path = ()
        self._blank()
        while self._at < len(self._text):
            if self._takes("[["):
                table = self._header(array=True)
            elif self._takes("["):
                table = self._header(array=False)
            else:
                self._pair(table)
            self._blank()

    def _header(self, *, array: bool) -> Path:
        line, (*above, name) = self._line(), self._key()
        path = (*self._within(above, line), name)
        if array:
            self._note(path, line)
            self._arrays[path] = self._arrays.get(path, -1) + 1
            path = (*path, self._arrays[path])
        self._once(path, line, stood=path in self._said)
        self._said.add(path)
        self._note(path, line)
        self._expects("]]" if array else "]")
        return path

    def _within(self, names: list[str], line: int) -> Path:
        """In a header, the name of an array of tables means its last element."""
        path: Path = ()
        for name in names:
            path = (*path, name)
            self._note(path, line)
            if path in self._arrays:
                path = (*path, self._arrays[path])
        return path

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = (*table, *self._key())
        self._once(path, line, stood=path in self.lines)
        self._said.add(path)
        for end in range(len(table) + 1, len(path) + 1):
            self._note(path[:end], line)
        self._expects("=")
        self._blank()
        self._value(path)

    def _value(self, path: Path) -> None:
        if self._takes("["):
            self._elements(path)
        elif self._takes("{"):
            self._members(path)
        else:
            self._match(STRING, or_else=PLAIN_VALUE)

    def _elements(self, path: Path) -> None:
        self._blank()
        index = 0
        while not self._takes("]"):
            self.lines[*path, index] = self._line()
            self._value((*path, index))
            index += 1
            self._separated("]")

    def _members(self, path: Path) -> None:
        self._blank()
        while not self._takes("}"):
            self._pair(path)
            self._separated("}")

    def _separated(self, closing: str) -> None:
        self._blank()
        if not self._takes(",") and not self._text.startswith(closing, self._at):
            raise _Unreadable
        self._blank()

    def _key(self) -> list[str]:
        parts = [self._part()]
        while dot := DOT.match(self._text, self._at):
            self._at = dot.end()
            parts.append(self._part())
        return parts

    def _part(self) -> str:
        self._spaces()
        part = self._match(BARE_KEY, or_else=STRING)
        return part if BARE_KEY.fullmatch(part) else _unquoted(part)

    def _once(self, path: Path, line: int, *, stood: bool) -> None:
        if stood and self.twice is None:
            self.twice = (path, line)

    def _note(self, path: Path, line: int) -> None:
        self.last = path
        if path:
            self.lines.setdefault(path, line)

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1

    def _match(self, pattern: re.Pattern[str], *, or_else: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at) or or_else.match(self._text, self._at)
        if found is None:
            raise _Unreadable
        self._at = found.end()
        return found.group()

    def _takes(self, token: str) -> bool:
        taken = self._text.startswith(token, self._at)
        self._at += len(token) if taken else 0
        return taken

    def _expects(self, token: str) -> None:
        self._spaces()
        if not self._takes(token):
            raise _Unreadable

    def _spaces(self) -> None:
        while self._takes(" ") or self._takes("\t"):
            pass

    def _blank(self) -> None:
        found = BLANK.match(self._text, self._at)
        self._at = found.end() if found else self._at


def _unquoted(part: str) -> str:
    try:
        return str(tomllib.loads(f"key = {part}")["key"])
    except tomllib.TOMLDecodeError:
        raise _Unreadable from None
