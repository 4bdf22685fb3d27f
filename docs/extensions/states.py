"""State diagrams as pictures: what stands in a page as Mermaid is drawn as SVG, so that no page loads a script.

Only `stateDiagram-v2` with lines `a --> b` is known, which is what `billing_core.entrypoints.lifecycles` writes.
"""

import math
import re
from html import escape
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx

STEP = re.compile(r"(\S+) --> (\S+)")
OUTSIDE = "[*]"  # Mermaid's word for the beginning and the end
HALF_HEIGHT, LETTER, MARGIN = 15.0, 8.2, 14.0
PAPER = ' fill="var(--color-background-primary, white)"'  # the theme's word for what is behind
BOW = 0.16  # how far an arrow bends towards the middle, as a part of its length


class Point(NamedTuple):
    """Pixels from the middle of the picture, downwards."""

    x: float
    y: float


def steps_of(text: str) -> list[tuple[str, str]]:
    """The arrows of a diagram in order, from and to. Raises ValueError for another kind of diagram, or line."""
    kind, *lines = [line.strip() for line in text.strip().splitlines()]
    found = [STEP.fullmatch(line) for line in lines]
    if kind != "stateDiagram-v2" or not all(found):
        raise ValueError("only state diagrams of plain arrows are drawn")
    return [(match[1], match[2]) for match in found if match]


def drawn(text: str) -> str:
    """The diagram as SVG: states on an ellipse in the order of the text, terminal ones at last with a double border."""
    steps = steps_of(text)
    first = {after for before, after in steps if before == OUTSIDE}
    last = {before for before, after in steps if after == OUTSIDE}
    named = dict.fromkeys(state for step in steps for state in step if state != OUTSIDE)
    states = sorted(named, key=lambda state: state in last)
    places = _places(states)
    widest = max(_half_width(state) for state in states)
    right = max(place.x for place in places.values()) + widest + MARGIN
    bottom = max(place.y for place in places.values()) + HALF_HEIGHT + 3 * MARGIN
    parts = [_arrow(places, before, after) for before, after in steps if OUTSIDE not in {before, after}]
    parts += [_box(state, places[state], is_first=state in first, is_last=state in last) for state in states]
    label = escape("; ".join(f"{before} to {after}" for before, after in steps if OUTSIDE not in {before, after}))
    return (
        f'<svg class="states" role="img" aria-label="{label}" xmlns="http://www.w3.org/2000/svg"'
        f' viewBox="{-right:.0f} {-bottom:.0f} {2 * right:.0f} {2 * bottom:.0f}" style="max-width:{2 * right:.0f}px"'
        ' font-family="monospace" font-size="13" fill="none" stroke="currentColor">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="currentColor" stroke="none"/></marker></defs>' + "".join(parts) + "</svg>"
    )


def _places(states: list[str]) -> dict[str, Point]:
    """The middles of the boxes, clockwise from the left."""
    n = len(states)
    across, down = 70.0 + 34 * n, 40.0 + 22 * n
    turns = [math.pi + 2 * math.pi * i / n for i in range(n)]
    return {
        state: Point(across * math.cos(turn), down * math.sin(turn)) for state, turn in zip(states, turns, strict=True)
    }


def _half_width(state: str) -> float:
    return len(state) * LETTER / 2 + 10


def _box(state: str, at: Point, *, is_first: bool, is_last: bool) -> str:
    half = _half_width(state)
    rings = [(half, HALF_HEIGHT), (half - 3, HALF_HEIGHT - 3)] if is_last else [(half, HALF_HEIGHT)]
    boxes = "".join(
        f'<rect x="{at.x - w:.1f}" y="{at.y - h:.1f}" width="{2 * w:.1f}" height="{2 * h:.1f}" rx="8"{PAPER}/>'
        for w, h in rings
    )
    dot = f'<circle cx="{at.x:.1f}" cy="{at.y - HALF_HEIGHT - 6:.1f}" r="4" fill="currentColor"/>' if is_first else ""
    words = f'<text x="{at.x:.1f}" y="{at.y + 4.5:.1f}" text-anchor="middle" fill="currentColor" stroke="none">'
    return f"{dot}{boxes}{words}{escape(state)}</text>"


def _arrow(places: dict[str, Point], before: str, after: str) -> str:
    start, end = places[before], places[after]
    if before == after:
        x, y, up = start.x, start.y + HALF_HEIGHT, 26
        return f'<path d="M{x - 14:.1f} {y:.1f}c-8 {up} 36 {up} 28 0" marker-end="url(#tip)"/>'
    length = math.dist(start, end)
    # Always to the left of its way, so that there and back are two lines.
    bend = Point(
        (start.x + end.x) / 2 + (end.y - start.y) * BOW,
        (start.y + end.y) / 2 - (end.x - start.x) * BOW,
    )
    leaves, arrives = _border(start, bend, before, gap=0), _border(end, bend, after, gap=min(3, length / 10))
    d = f"M{leaves.x:.1f} {leaves.y:.1f}Q{bend.x:.1f} {bend.y:.1f} {arrives.x:.1f} {arrives.y:.1f}"
    return f'<path d="{d}" stroke-opacity=".7" marker-end="url(#tip)"/>'


def _border(of: Point, towards: Point, state: str, *, gap: float) -> Point:
    """Where the line from the middle of a box leaves it."""
    across, down = towards.x - of.x, towards.y - of.y
    reach = min(
        (_half_width(state) + gap) / abs(across) if across else math.inf,
        (HALF_HEIGHT + gap) / abs(down) if down else math.inf,
    )
    return Point(of.x + across * reach, of.y + down * reach)


def _draw(app: Sphinx, tree: nodes.document) -> None:
    for block in list(tree.findall(nodes.literal_block)):
        if block.get("language") == "mermaid":
            block.replace_self(nodes.raw("", drawn(block.astext()), format="html"))


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", _draw)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
