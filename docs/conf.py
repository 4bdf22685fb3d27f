"""How the documentation is built: `make docs`. Why with these: docs/adr/0046."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the extensions are imported as `docs.extensions.…`

project = "billing-core"
html_title = "billing-core"
html_theme = "furo"
html_copy_source = False
html_show_sphinx = False
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "docs.extensions.links",
    "docs.extensions.offline",
    "docs.extensions.routes",
    "docs.extensions.states",
]
exclude_patterns = ["extensions"]

myst_heading_anchors = 4

default_role = "code"  # docstrings are written as Markdown is: one backtick means code
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_class_signature = "separated"
python_maximum_signature_line_length = 100
