"""The fault points: before and after every await of the application layer on a port.

They are read off the use cases themselves, so a new await is a new point without anybody thinking of it.
"""

import ast
from functools import cache
from importlib.resources import files
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any, get_type_hints

from billing_core.ports.accounts import AccountRepository
from billing_core.ports.archive import Archive
from billing_core.ports.bookmarks import Bookmarks
from billing_core.ports.directory import Directory
from billing_core.ports.figures import Figures
from billing_core.ports.gateway import PaymentGateway
from billing_core.ports.generations import Generations
from billing_core.ports.history import History
from billing_core.ports.images import ImageGenerator, ImageStore
from billing_core.ports.inbox import Inbox
from billing_core.ports.incidents import Incidents
from billing_core.ports.notifier import Notifier
from billing_core.ports.overview import Overview
from billing_core.ports.register import Register
from billing_core.ports.shelf import Prices
from billing_core.ports.warnings import FraudWarnings

PORTS: dict[str, type] = {
    "accounts": AccountRepository,
    "archive": Archive,
    "bookmarks": Bookmarks,
    "directory": Directory,
    "figures": Figures,
    "gateway": PaymentGateway,
    "generations": Generations,
    "history": History,
    "images": ImageGenerator,
    "inbox": Inbox,
    "incidents": Incidents,
    "notifier": Notifier,
    "overview": Overview,
    "prices": Prices,
    "register": Register,
    "store": ImageStore,
    "warnings": FraudWarnings,
}
"""By the names under which the use cases have them."""

# An operator's commands, which are tried one by one: they bring an old business in, fill the shelf, ask the doctor,
# resolve incidents, review warnings, retry webhooks. And those who only look: at a generation, at all that there is.
# Guarding is played, but it may find nothing to tell of: that is a law.
NOT_PLAYED = frozenset(
    {
        *("importing", "bringing", "syncing", "naming", "checking", "resolving", "reviewing", "listing_webhooks"),
        *("diagnosing", "diagnosing_books", "keying", "watching", "measuring", "overseeing", "summing_up", "guarding"),
    }
)


def methods(port: type) -> frozenset[str]:
    """The names of what can be awaited, or gone through, at a port."""
    return frozenset(name for name in vars(port) if not name.startswith("_") and _is_awaited(port, name))


def _is_awaited(port: type, name: str) -> bool:
    member = vars(port)[name]
    if iscoroutinefunction(member) or isasyncgenfunction(member):
        return True
    returned: Any = get_type_hints(member).get("return") if callable(member) else None
    return "AsyncIterator" in str(returned)


@cache
def fault_points() -> frozenset[str]:
    """`<port>.<method>.before` and `.after`, for each call that a use case makes."""
    folder = files("billing_core.application")
    found: set[str] = set()
    for module in folder.iterdir():
        name = module.name.removesuffix(".py")
        if not module.name.endswith(".py") or name in NOT_PLAYED:
            continue
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                port = _port_of(node.func.value)
                if port and node.func.attr in methods(PORTS[port]):
                    found |= {f"{port}.{node.func.attr}.before", f"{port}.{node.func.attr}.after"}
    return frozenset(found)


def _port_of(value: ast.expr) -> str | None:
    """The port that `self.<port>` or `self.<part>.<port>` is."""
    if isinstance(value, ast.Attribute) and value.attr in PORTS:
        return value.attr
    return None
