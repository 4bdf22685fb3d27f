"""A look at the built pages: nothing in them is loaded from another host."""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

# What a browser loads without being asked; a link that a person follows is none of these.
LOADED = re.compile(
    r"""(?:<(?:script|img|iframe|source|link)\b[^>]*\b(?:src|href)=["']?|url\(["']?|@import\s+["'])((?:https?:)?//[^"')>\s]+)"""
)


def loaded(folder: Path) -> list[str]:
    """What pages and styles there load from elsewhere."""
    files = sorted(path for kind in ("*.html", "*.css") for path in folder.rglob(kind))
    return [
        f"{path.relative_to(folder)}: {host}"
        for path in files
        for host in LOADED.findall(path.read_text(encoding="utf-8"))
    ]


def _look(app: Sphinx, failure: Exception | None) -> None:
    if failure is None and (found := loaded(Path(app.outdir))):
        raise ExtensionError("the pages load what is not theirs: " + ", ".join(found))


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", _look)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
