"""Pages of the repository's root, and the decisions, in their places among the pages here."""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
# Pages here that are a file of the root; what stands in them is for whoever reads the repository itself.
FROM_THE_ROOT = {"readme": "README.md", "contributing": "CONTRIBUTING.md", "changelog": "CHANGELOG.md"}
DECISIONS = "adr/README"
LISTED = "\n```{toctree}\n:hidden:\n:titlesonly:\n:glob:\n\n0*\n```\n"
LICENSE = re.compile(r"\[([^]]+)]\((?:\.\./)*LICENSE\)")


def mended(name: str, text: str) -> str:
    """The text of a page with links that lead among the pages here."""
    for page, outside in FROM_THE_ROOT.items():
        text = text.replace(f"](../{outside}", f"]({page}.md").replace(f"](../../{outside}", f"](../{page}.md")
    return text + LISTED if name == DECISIONS else text


def included(name: str) -> str:
    """A file of the root as a page here."""
    text = LICENSE.sub(r"\1", (ROOT / FROM_THE_ROOT[name]).read_text(encoding="utf-8"))
    for page, outside in FROM_THE_ROOT.items():
        text = text.replace(f"]({outside}", f"]({page}.md")
    return text.replace("](docs/", "](")


def _mend(app: Sphinx, name: str, content: list[str]) -> None:
    if name in FROM_THE_ROOT:
        app.env.note_dependency(ROOT / FROM_THE_ROOT[name])
        content[0] = included(name)
    else:
        content[0] = mended(name, content[0])


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", _mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
