"""What the documentation is built with: pictures of the state machines, the page of routes, links, no other host."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from billing_core.domain import subscription
from docs.extensions import links, offline, routes, states

DOCS = Path(__file__).parents[2] / "docs"
SVG = "{http://www.w3.org/2000/svg}"
DIAGRAMS = re.findall(r"```mermaid\n(.*?)```", (DOCS / "lifecycles.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def api() -> routes.Json:
    return routes.document()


def test_every_status_and_every_step_of_a_subscription_is_drawn() -> None:
    picture = ET.fromstring(states.drawn(DIAGRAMS[0]))
    steps = sum(len(after) for after in subscription.TRANSITIONS.values())

    assert {status.value for status in subscription.Status} == {text.text for text in picture.iter(f"{SVG}text")}
    assert steps == len([path for path in picture.iter(f"{SVG}path") if path.get("marker-end")])


@pytest.mark.parametrize("diagram", DIAGRAMS)
def test_every_box_is_within_its_picture(diagram: str) -> None:
    picture = ET.fromstring(states.drawn(diagram))
    boxes = [rect.attrib for rect in picture.iter(f"{SVG}rect")]
    left, top, width, height = map(float, picture.attrib["viewBox"].split())

    assert all(left <= float(box["x"]) and float(box["x"]) + float(box["width"]) <= left + width for box in boxes)
    assert all(top <= float(box["y"]) and float(box["y"]) + float(box["height"]) <= top + height for box in boxes)


@pytest.mark.parametrize("text", ["flowchart LR\n    a --> b", "stateDiagram-v2\n    a --> b : why"])
def test_another_kind_of_diagram_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="state diagrams"):
        states.drawn(text)


def test_every_operation_and_every_shape_of_the_document_is_told(api: routes.Json) -> None:
    headings = set(re.findall(r"^### (.+)$", routes.told(api), re.MULTILINE))
    operations = {
        f"{method.upper()} {path}" for path, item in api["paths"].items() for method in item if method in routes.METHODS
    }

    assert operations | set(api["components"]["schemas"]) == headings


def test_every_shape_that_a_route_names_is_on_the_page(api: routes.Json) -> None:
    page = routes.told(api)
    named = set(re.findall(r"\]\(#([a-z0-9_]+)\)", page))
    told = {heading.lower() for heading in re.findall(r"^### (\w+)$", page, re.MULTILINE)}

    assert named <= told
    assert "problem" in named


def test_links_out_of_the_folder_lead_to_the_pages_that_have_those_files() -> None:
    mended = links.mended("secrets", "[all](../README.md#the-environment)")

    assert "[all](readme.md#the-environment)" == mended


def test_a_file_of_the_root_has_links_among_the_pages() -> None:
    page = links.included("readme")
    local = [link for link in re.findall(r"\]\(([^)#]+)", page) if "://" not in link]

    assert [] == [link for link in local if not (DOCS / link).exists()]
    assert "(docs/" not in page


def test_the_decisions_are_listed_under_their_page() -> None:
    assert links.mended(links.DECISIONS, "# Decisions\n").endswith(links.LISTED)


@pytest.mark.parametrize(
    "text",
    [
        '<script async src="https://cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="//fonts.example/a.css">',
        '<img alt="" src="http://pixel.example/1.gif">',
        "<style>@import 'https://fonts.example/a.css'</style>",
        "<style>a { background: url(https://pixel.example/1.gif) }</style>",
    ],
)
def test_what_is_loaded_from_elsewhere_is_found(tmp_path: Path, text: str) -> None:
    (tmp_path / "page.html").write_text(text)

    assert 1 == len(offline.loaded(tmp_path))


def test_a_link_that_a_person_follows_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('<a href="https://docs.stripe.com">Stripe</a><img src="_static/a.png">')

    assert [] == offline.loaded(tmp_path)
