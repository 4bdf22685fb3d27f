"""The examples of the pages, as they stand there."""

import re
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(?P<language>[\w{}-]*)[^\n]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
SAVED_AS = re.compile(r"[Ss]ave it as `([^`]+)`:\s*$")


@frozen
class Block:
    """A fenced example: what it is written in, and the line of the page where it begins.

    `saved_as` is the file that the sentence before it names.
    """

    page: str
    line: int
    language: str
    text: str
    saved_as: str | None = None


def pages() -> list[str]:
    """Every page that a reader may copy from, below the repository's root."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("deploy/**/*.md")]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def blocks_of(page: str) -> list[Block]:
    """The examples of a page in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        Block(
            page=page,
            line=text.count("\n", 0, match.start()) + 1,
            language=match["language"],
            text=match["text"],
            saved_as=named[1] if (named := SAVED_AS.search(text[: match.start()])) else None,
        )
        for match in FENCE.finditer(text)
    ]
