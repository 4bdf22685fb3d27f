"""The scanner that knows on which line a key of a TOML text stands, against tomllib, which knows what stands there."""

import tomllib
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_core.adapters.catalog_file import builtin_text
from billing_core.adapters.catalog_file.positions import Path, scan


def lines(text: str) -> Mapping[Path, int]:
    return scan(text).lines


def paths_in(value: object, path: Path = ()) -> Iterator[Path]:
    """Every path of what tomllib decoded."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from paths_in(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from paths_in(each, (*path, index))


EVERY_FORM = r'''# a comment = 1
title = "has # no comment and = no pair" # = 2
"quoted key" = 1
'single.quoted' = 2
"esc\u0061ped \"key\"" = 3
a.b . "c.d" = 4
3.14 = "pi"
at = 1979-05-27T07:32:00Z
day = 1979-05-27 07:32:00 # with a space
inf = -inf
multi = """
one = 1
[no.table]
""quotes"" \""" and a backslash \\
"""
literal = \'\'\'
two = 2 \ \'\'\'
tight = """"quoted""""
empty = ""
none = \'\'
list = [ # comment, with a comma ]
  1, [2,
  3], # ]
  { x = 1, y.z = [
    5 ] },
  "]", \'}\',
]
inline = { p = { q = 1 }, "r s" = [] }

[ table . "sub table" ]
key=1
[table]
other = true
[[array]]
n = 1
[array.child]
n = 2
[[array.deep]]
n = 3
[[array.deep]]
n = 4
[[array]]
[[array.deep]]
n = 5
[super.table.later]
[super]
first = 1'''.replace(r"\'", "'")

PLACES = {
    ("title",): 2,
    ("quoted key",): 3,
    ("single.quoted",): 4,
    ('escaped "key"',): 5,
    ("a", "b", "c.d"): 6,
    ("3", "14"): 7,
    ("multi",): 11,
    ("literal",): 16,
    ("tight",): 18,
    ("list", 0): 22,
    ("list", 1, 0): 22,
    ("list", 1, 1): 23,
    ("list", 2, "x"): 24,
    ("list", 2, "y", "z", 0): 25,
    ("list", 4): 26,
    ("inline", "p", "q"): 28,
    ("table",): 30,
    ("table", "sub table"): 30,
    ("table", "other"): 33,
    ("array", 0): 34,
    ("array", 0, "child", "n"): 37,
    ("array", 0, "deep", 1): 40,
    ("array", 1): 42,
    ("array", 1, "deep", 0, "n"): 44,
    ("super", "table", "later"): 45,
    ("super", "first"): 47,
}


@pytest.mark.parametrize(("path", "line"), PLACES.items())
def test_a_key_of_every_form_is_found_on_its_line(path: Path, line: int) -> None:
    assert lines(EVERY_FORM)[path] == line


@pytest.mark.parametrize("text", [EVERY_FORM, EVERY_FORM.replace("\n", "\r\n"), builtin_text()])
def test_exactly_the_keys_that_tomllib_decodes_are_found(text: str) -> None:
    assert set(lines(text)) == set(paths_in(tomllib.loads(text)))


NAMES = st.sampled_from(["a", "b-c", "_d", "1", "e f", "g.h", "", 'i"j', "k\\l", "ü", "#", "=", "[m]"])
SCALARS = st.sampled_from(
    ["1", "-2.5", "true", '"x"', "'y'", '"""z\n[t]\nk = 1"""', "'''\n\"#'''", '"\\""', "1979-05-27 07:32:00", '"]}"']
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


class Writer:
    """Writes a tree as TOML in one of its many forms, and notes on which line it wrote what."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.text = ""
        self.lines: dict[Path, int] = {}

    def table(self, tree: Mapping[str, object], path: Path) -> None:
        below = {key: each for key, each in tree.items() if self.is_table(each) and self.chance()}
        for key, each in tree.items():
            if key not in below:
                self.filler()
                self.pair(key, each, path)
                self.write("\n")
        for key, each in below.items():
            self.filler()
            for index, one in enumerate(each if isinstance(each, list) else [each]):
                deeper = (*path, key, index) if isinstance(each, list) else (*path, key)
                self.note((*path, key))
                self.note(deeper)
                names = ".".join(self.name(part) for part in deeper if isinstance(part, str))
                self.write(f"[[{names}]]\n" if isinstance(each, list) else f"[{names}] # header\n")
                self.table(one, deeper)

    def is_table(self, value: object) -> bool:
        """Whether it can stand under a header: a table, or a list of nothing else."""
        return isinstance(value, dict) or (
            isinstance(value, list) and [*map(type, value)] == [dict] * (len(value) or 1)
        )

    def pair(self, key: str, value: object, path: Path) -> None:
        path = (*path, key)
        self.note(path)
        self.write(self.name(key))
        while isinstance(value, dict) and len(value) == 1 and self.chance():
            ((key, value),) = value.items()
            path = (*path, key)
            self.note(path)
            self.write(self.draw(st.sampled_from([".", " . "])) + self.name(key))
        self.write(self.draw(st.sampled_from(["=", " = "])))
        self.value(value, path)

    def value(self, value: object, path: Path) -> None:
        if isinstance(value, dict):
            self.write("{ ")
            for place, (key, each) in enumerate(value.items()):
                self.write(", " if place else "")
                self.pair(key, each, path)
            self.write(" }")
        elif isinstance(value, list):
            self.write("[")
            for index, each in enumerate(value):
                self.write(self.draw(st.sampled_from(["", "\n  ", " # comment, ]\n"])))
                self.note((*path, index))
                self.value(each, (*path, index))
                self.write(",")
            self.write("]")
        else:
            self.write(str(value))

    def name(self, name: str) -> str:
        if name in {"a", "b-c", "_d", "1"} and self.chance():
            return name
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def filler(self) -> None:
        self.write(self.draw(st.sampled_from(["", "\n", "# x = 1 [y]\n", "  "])))

    def note(self, path: Path) -> None:
        self.lines.setdefault(path, self.text.count("\n") + 1)

    def write(self, text: str) -> None:
        self.text += text

    def chance(self) -> bool:
        return self.draw(st.booleans())


@st.composite
def written(draw: st.DrawFn) -> Writer:
    writer = Writer(draw)
    writer.table(draw(st.dictionaries(NAMES, TREES, max_size=4)), ())
    return writer


@given(written())
def test_whatever_is_written_is_found_where_it_was_written(writer: Writer) -> None:
    tomllib.loads(writer.text)  # or the test writes no TOML

    assert lines(writer.text) == writer.lines


@given(written(), st.data())
def test_a_text_that_breaks_off_is_read_until_there(writer: Writer, data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(writer.text)))
    found = scan(writer.text[:end])

    assert all(line <= writer.text[:end].count("\n") + 1 for line in found.lines.values())


@given(st.text(alphabet="[]{}=.,\"'\\#ab \n", max_size=40))
def test_any_text_is_scanned_without_an_error(text: str) -> None:
    scan(text)


@pytest.mark.parametrize("text", ['a = 1\n"\\x" = 2\n', "a = 1\nb = \n", "a = 1\n= 2\n", "a = 1\n[b\n"])
def test_what_stands_before_the_unreadable_is_found(text: str) -> None:
    assert lines(text)["a",] == 1
