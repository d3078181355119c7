"""How the site is built: `scripts/build-docs`. Nothing is fetched, neither now nor by those who read it.

Sphinx, because it can be strict about every link, and reads docstrings; MyST, so that the pages are the same Markdown
that code forges show; Furo, because it needs no fonts or scripts from elsewhere.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from docutils import nodes
from fields import leave_fields_to_the_list, tell_fields

import edgewise

project = "edgewise"
author = "the edgewise maintainers"
project_copyright = "the edgewise maintainers, Apache-2.0"
version = release = edgewise.__version__
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["pictures"]
nitpicky = True
nitpick_ignore_regex = [("py:.*", ".*")]  # types in signatures, most of which are others' or have no page

myst_heading_anchors = 3  # the anchors that forges give headings
smartquotes = False  # `--option` keeps its dashes

default_role = "code"  # docstrings write `names` as Markdown does
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_mock_imports = [name for name in ("torch", "torchvision", "timm") if not find_spec(name)]
napoleon_google_docstring = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100

html_theme = "furo"
html_title = f"edgewise {version}"
html_copy_source = False
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["site.css"]


def setup(app: Any) -> None:
    """What Sphinx calls first."""
    app.connect("autodoc-process-docstring", tell_fields)
    app.connect("autodoc-process-signature", leave_fields_to_the_list)
    app.connect("doctree-read", write_colons)


def write_colons(app: Any, doctree: nodes.document) -> None:
    """Between a parameter and what is said of it, where Sphinx writes two hyphens for a dash."""
    for found in doctree.findall(nodes.field_list):
        for text in list(found.findall(nodes.Text)):
            if text == " -- ":
                text.parent.replace(text, nodes.Text(": "))
