"""The page about the seeds names what there is: tests, files and routes; and it has no empty row."""

import ast
import re
from functools import cache
from pathlib import Path

from tests.journeys.walk import CATALOGS, app_selling

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "seeds.md").read_text(encoding="utf-8")
SHOWN = "the test that shows it"

Table = list[list[str]]


def tables() -> list[Table]:
    """Each table as its rows of cells, the head first."""
    found = re.findall(r"^\|.*\|\n\|[-|]+\|\n(?:\|.*\|\n?)*", PAGE, re.MULTILINE)
    return [[cells(line) for line in table.splitlines() if not re.fullmatch(r"\|[-|]+\|", line)] for table in found]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def named(pattern: str) -> list[str]:
    """What stands between backticks on the page and looks like that, each once."""
    return sorted(set(re.findall(rf"`({pattern})`", PAGE)))


@cache
def functions_of(path: Path) -> frozenset[str]:
    """The names of a module's functions, its tests among them."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    if not path.is_file():
        return frozenset()
    return frozenset(node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, functions))


def routes() -> set[str]:
    """Every route of the server, as `GET /path/{}`; those of the API without what they all begin with."""
    found = ((route.path, method) for route in app_selling("premium_images").routes for method in route.methods)
    return {f"{method} {nameless(path).removeprefix('/api/v1')}" for path, method in found}


def nameless(path: str) -> str:
    """Whatever its ids are called."""
    return re.sub(r"{[^}]*}", "{}", path)


def test_no_row_is_empty() -> None:
    assert [] == [row for table in tables() for row in table if len(row) != len(table[0]) or not all(row)]
    assert all(len(table) > 1 for table in tables())


def test_each_feature_is_shown_by_a_test_that_there_is() -> None:
    shown = [row[-1] for table in tables() if table[0][-1] == SHOWN for row in table[1:]]
    unnamed = [cell for cell in shown if not re.search(r"`[\w/]+\.py::test_\w+`", cell)]
    split = [name.split("::") for name in named(r"[\w/]+\.py::\w+")]
    missing = [name for path, name in split if name not in functions_of(ROOT / "tests" / path)]

    assert shown
    assert ([], []) == (unnamed, missing)


def test_every_test_of_a_journey_stands_on_the_page() -> None:
    journeys = sorted(CATALOGS.parents[1].joinpath("tests", "journeys").glob("test_*.py"))
    walked = {(path.name, name) for path in journeys for name in functions_of(path) if name.startswith("test_")}
    told = set(re.findall(r"`journeys/(test_\w+\.py)::(\w+)`", PAGE))
    own = {(Path(__file__).name, name) for name in functions_of(Path(__file__))}

    assert set() == walked - told - own


def test_every_file_and_every_link_leads_somewhere() -> None:
    files = named(r"(?:[\w.-]+/)+[\w.-]+\.(?:py|toml|md)")
    links = re.findall(r"\]\(([^)#]+)\)", PAGE)

    assert [] == [name for name in files if not any((at / name).exists() for at in (ROOT, ROOT / "src/billing_core"))]
    assert [] == [link for link in links if not (ROOT / "docs" / link).exists()]


def test_every_catalog_has_its_place_on_the_page() -> None:
    assert [] == [path.name for path in CATALOGS.glob("*.toml") if f"examples/catalogs/{path.name}" not in PAGE]


def test_every_route_is_served() -> None:
    assert set() == set(map(nameless, named(r"(?:GET|POST|PATCH|DELETE) /[^`]*"))) - routes()
