"""How systems of this kind fail at their database, at their door and under attack, and what shows that ours does not.

A test that shows it says so: `@pytest.mark.failure("D4")`, on a function, a class, or a module's `pytestmark`. What
no test can show stands in `APART`, with the reason. `python -m tests.failures > docs/failures.md` writes the page.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[1]
AREAS = {"D": "The database", "E": "Input and abuse at the door", "F": "Security"}
SORTS_OF_DEF = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

ROWS: Mapping[str, str] = {
    "D1": "Many spend the last credit at once: one gets it, the others are refused",
    "D2": "Another process holds the lock of SQLite: who waits too long is answered 503, and nothing is half written",
    "D3": "A transaction reads, then writes on a snapshot that is gone: each one that writes says so when it begins",
    "D4": "The disk is full, for the books or for the log: refused, rolled back, and well again when there is room",
    "D5": "The file of the books is read-only, corrupt or gone: it says so, and makes no empty books in their place",
    "D6": "PostgreSQL turns a transaction away, or two wait for each other: tried again, a few times",
    "D7": "PostgreSQL goes away again and again under load: nothing that was answered is lost",
    "D8": "The connection breaks at the commit: whether it took place is found out",
    "D9": "No connection comes free, or a statement takes too long: refused in time, nobody hangs",
    "D10": "A replica lags behind: who reads what they just wrote reads it",
    "D11": "A migration is run twice, cut off half way, or beside the old version",
    "D12": "In memory, on SQLite and on PostgreSQL it behaves alike",
    "D13": "Somebody changes a row by hand: the audit tells",
    "D14": "SQLite turns an integer that is too large into a fraction: it cannot, and no amount gets near",
    "D15": "A backup is taken while the books are written to: it is whole, and what came later is had from Stripe",
    "E1": "A webhook that is too large, empty, compressed or endless: refused quickly",
    "E2": "A signature that is missing, doubled, odd or made with another secret: 400, never 500",
    "E3": "A body that is no JSON, or JSON that is a trap (numbers, depth, names that come twice, NUL): 400",
    "E4": "A prompt that is empty, too long or odd: refused, or kept and shown exactly as it was",
    "E5": "A number out of all bounds, or something else in a number's place: 400",
    "E6": "A model, size or quality without a price, or a price that is too high: refused before anything is held",
    "E7": "An idempotency key that comes again, with the same, with something else, at once, or is none",
    "E8": "Ten requests at once on credits for one: one call to the provider at most",
    "E9": "Somebody asks too often, or says to be somewhere else: 429, whatever headers say",
    "E10": "Somebody holds credits again and again and never uses them: only so many at once, each with an end",
    "E11": "What is given once (initial credits, a trial, a code) is asked for at once, twice, or by one as many",
    "E12": "Slow senders and a thousand idle connections: others are answered",
    "E13": "Odd paths, methods and queries: never 500",
    "E14": "A CSRF cookie that is not ASCII: 403, not 500",
    "F1": "A token with no signature, another algorithm, a wrong key, or out of its time: 401",
    "F2": "A token for another audience or of another issuer: 401 where they are set",
    "F3": "An account id in a token that is a trap (NUL, far too long, SQL, a path)",
    "F4": "A secret that is short or guessed: it does not start",
    "F5": "Somebody else's things, by any route: not found, the same as what was never there",
    "F6": "A picture's address that is too old, was touched or guessed, or a path that leads out of the store",
    "F7": "A page to come back to that is somebody else's, however it is spelled: refused",
    "F8": "A provider's answer that leads into the private network, on and on, or never ends: refused",
    "F9": "A picture that is a page or a script: never shown as one",
    "F10": "A small file that unpacks to a huge picture: refused by its header",
    "F11": "A prompt, a name or an error that is HTML: shown as text; no script but our own runs",
    "F12": "A form that another site sent: 403, except where no cookie counts",
    "F13": "The pages in a frame, a cookie that a script or another site reads: not possible",
    "F14": "Secrets, prompts and addresses in logs, errors, reprs and answers: none",
    "F15": "Guessing a secret by the time that comparing takes, or an account by the answer: nothing is learnt",
    "F16": "A genuine webhook that is sent again by somebody: no effect, and after five minutes 400",
    "F17": "A forged webhook, or a thin event where a whole one is due: refused, or fetched",
    "F18": "A test key where money is real, a live key where it is not or in tests: refused",
    "F19": "SQL in a filter or a cursor, a cursor that was touched: a value or 400",
    "F20": "A body with more in it (an account, a price, an amount): refused, and prices are the catalog's",
    "F21": "Free credits by undoing twice: a refund beyond the payment, a capture beyond the hold, both at once",
    "F22": "A key that is revoked, a model that was withdrawn: told, nothing is charged, the rest goes on",
    "F23": "Metrics by names that anybody can make up: only known ones",
    "F24": "An account is to be forgotten: the ledger stays, without a name; nobody with open holds",
    "F25": "A dependency that was changed on its way, or has a known hole",
}

APART: Mapping[str, str] = {
    "D5": "A file that is not there at all is a first start: `billing-core doctor` says so before one.",
    "D10": "It reads and writes one database, named by one URL; no replica is ever asked.",
    "D11": "How long one takes on a million rows depends on the machine: docs/operations.md says to try it on a copy.",
    "D13": "Whoever rewrites a row and all of its events alike is not found by reading them, since no chain of digests "
    "is kept; `billing-core audit --gateway` compares them with what Stripe knows.",
    "E11": "One person with several cards has several trials: the gateway tells cards, not persons.",
    "E12": "The server itself ends no request for being slow: that is the part of the proxy in front of it.",
    "F2": "Where no audience is set every one is taken; `billing-core doctor` warns of it where keys are published.",
    "F25": "Known holes are for `make audit` to find, where it can reach what is known of them.",
}
"""Rows, or parts of rows, that no test can show, and why."""


@frozen(order=True)
class Shown:
    """A test that shows a row, or a class of tests that do."""

    path: str
    name: str


@cache
def shown() -> Mapping[str, list[Shown]]:
    """Which tests show which row, in the order of their files and lines."""
    found: dict[str, list[Shown]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text()
        if "mark.failure(" in text:
            for row, name in _marked(ast.parse(text)):
                found.setdefault(row, []).append(Shown(str(path.relative_to(ROOT)), name))
    return found


def _marked(module: ast.Module) -> Iterator[tuple[str, str]]:
    for statement in module.body:
        if isinstance(statement, ast.Assign) and "pytestmark" in map(ast.unparse, statement.targets):
            yield from ((row, "") for row in _rows(statement.value))
    for node in module.body:
        if isinstance(node, SORTS_OF_DEF):
            yield from ((row, node.name) for mark in node.decorator_list for row in _rows(mark))


def _rows(mark: ast.expr) -> Iterator[str]:
    for call in ast.walk(mark):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "failure":
            yield from (str(row.value) for row in call.args if isinstance(row, ast.Constant))


def page() -> str:
    """The page of the documents."""
    found = shown()
    lines = [
        "# How it could fail, and what shows that it does not",
        "",
        "Systems that take money have failed in these ways at their database, at their door and under attack.",
        "Each has tests, or a sentence about why it cannot happen here; a test sees to it that none has neither.",
        "",
        "Written from the marks of the tests, by `python -m tests.failures > docs/failures.md`.",
    ]
    for letter, title in AREAS.items():
        lines += ["", f"## {title}"]
        for row in (row for row in ROWS if row[0] == letter):
            lines += ["", f"### {row}", "", f"{ROWS[row]}.", ""]
            lines += [_line(test) for test in found.get(row, [])]
            lines += [f"- {APART[row]}"] if row in APART else []
    return "\n".join([*lines, ""])


def _line(test: Shown) -> str:
    told = test.name.removeprefix("test_").replace("_", " ") if test.name.startswith("test_") else test.name
    return f"- {told or 'the whole file'}: `{test.path}`"


if __name__ == "__main__":
    sys.stdout.write(page())
