"""The catalog as a TOML file, decoded strictly: a mistake is told with its key and its line, all of them at once."""

from billing_core.adapters.catalog_file.builtin import builtin_text
from billing_core.adapters.catalog_file.decoding import decode
from billing_core.adapters.catalog_file.problems import CatalogError, Problem

__all__ = ["CatalogError", "Problem", "builtin_text", "decode"]
