"""The life cycles as a page, told from the tables that the code obeys.

`python -m billing_core.entrypoints.lifecycles > docs/lifecycles.md` writes the page anew.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import TypeVar

from attrs import frozen

from billing_core.domain import generation, subscription
from billing_core.domain.attempts import MOST_ATTEMPTS, MOST_BILLED, AttemptOutcome
from billing_core.domain.checkouts import CheckoutStatus
from billing_core.domain.credits import Outcome
from billing_core.domain.disputes import DisputeStatus
from billing_core.domain.subscription import Status

S = TypeVar("S", bound=Enum)

HELD = "held"

PREFACE = """\
# Life cycles

This page is generated from the tables in the code, and a test compares them.
To write it anew: `python -m billing_core.entrypoints.lifecycles > docs/lifecycles.md`."""

SUBSCRIPTION = """\
The gateway decides the status, and `domain/subscription.py` says which status may follow which.
A first snapshot may tell any status, and steps between two snapshots may have been missed.
So a status that can be reached at all is taken in silently; one that cannot is taken in too, and raises an incident.
A terminal status absorbs: a snapshot that tells another one later is recorded as superseded.
Where access ends at a known instant, it ends there without a snapshot."""

VERBS = """\
A verb in a status that is not listed raises `IllegalTransition`."""

GENERATION = """\
Whether a generation may end is decided by its hold, which has the same id, so it ends once.
The rows say which step may follow which (`domain/generation.py`); a row in a terminal status never changes."""

ATTEMPTS = f"""\
A generation is attempted {MOST_ATTEMPTS} times at most, and after {MOST_BILLED} that may have been billed not again
(`domain/attempts.py`). The first that succeeds in time ends it, and so does a refusal, or a provider that is not set
up. An attempt is recorded, and its number written into the hold, before the provider is asked: so of two workers with
one number one begins, and whoever was overtaken settles nothing."""

HOLD = """\
A hold is settled exactly once; an outcome absorbs (`domain/credits.py`).
A second verb raises `IllegalTransition`, or `HoldLapsed` where the deadline had passed.
A hold whose end was too long ago to be remembered raises `HoldNotFound`.
A hold for a generation has no deadline, so it never lapses. Of several attempts at its work, the one that began last
settles it; another one raises `IllegalTransition`."""

CHECKOUT = """\
News of a checkout may come in any order.
A checkout only moves to a status of a higher rank (`domain/checkouts.py`), so money that came is never forgotten.
Of two statuses of one rank, the first to be told stays.
`complete` is never stored: it is what a reading shows of a paid checkout whose credits are there."""

DISPUTE = """\
The gateway decides how a dispute stands, and any status may follow any: what was fetched last is believed
(`domain/disputes.py`). A lost one counts as refunded, and its suspension stays until an operator lifts it."""

Links = Mapping[str, Sequence[str]]
"""The statuses that may follow each status, both in the order of the code."""


@frozen
class Column:
    """One more column of a table: what it says of a status."""

    title: str
    cell: Callable[[str], str]


def page() -> str:
    """The whole page as Markdown."""
    statuses = _links(Status, subscription.TRANSITIONS)
    steps = _links(generation.GenerationStatus, generation.TRANSITIONS)
    parts = (
        PREFACE,
        _section("Subscription", SUBSCRIPTION, statuses, Column("in the way of another plan", _is_live)),
        VERBS,
        _table(("verb", "allowed while"), ((verb, _listed(_values(Status, may))) for verb, may in _verbs())),
        _section("Generation", GENERATION, steps),
        f"## Attempt\n\n{ATTEMPTS}",
        _table(("outcome", "may have been billed"), map(_attempt, AttemptOutcome)),
        _section("Hold", HOLD, {HELD: [o.value for o in Outcome], **{o.value: [] for o in Outcome}}),
        _section("Checkout", CHECKOUT, _checkout(), Column("rank", lambda s: str(CheckoutStatus(s).rank))),
        f"## Dispute\n\n{DISPUTE}",
        _table(("status", "suspends the account", "is over"), map(_dispute, DisputeStatus)),
    )
    return "\n\n".join(parts) + "\n"


def _section(title: str, words: str, links: Links, *more: Column) -> str:
    rows = (
        (f"`{status}`", _listed(nexts), *(column.cell(status) for column in more)) for status, nexts in links.items()
    )
    table = _table(("status", "may become", *(column.title for column in more)), rows)
    return "\n\n".join((f"## {title}", words, table, _diagram(links)))


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (titles, ["---"] * len(titles), *rows)
    return "\n".join(f"|{'|'.join(cells)}|" if cells[0] == "---" else f"| {' | '.join(cells)} |" for cells in lines)


def _diagram(links: Links) -> str:
    """Where nothing leads to, it begins; what leads nowhere is an end."""
    reached = {after for status, nexts in links.items() for after in nexts if after != status}
    begins = (f"[*] --> {status}" for status in links if status not in reached)
    steps = (f"{status} --> {after}" for status, nexts in links.items() for after in nexts)
    ends = (f"{status} --> [*]" for status, nexts in links.items() if not nexts)
    return "\n    ".join(("```mermaid\nstateDiagram-v2", *begins, *steps, *ends)) + "\n```"


def _links(statuses: Iterable[S], table: Mapping[S, frozenset[S]]) -> Links:
    ordered = tuple(statuses)
    return {str(s.value): _values(ordered, table[s]) for s in ordered}


def _values(statuses: Iterable[S], among: frozenset[S]) -> list[str]:
    return [str(s.value) for s in statuses if s in among]


def _checkout() -> Links:
    """Any higher rank may follow; `complete` is read off a paid one alone."""
    higher = {s: frozenset(after for after in CheckoutStatus if after.rank > s.rank) for s in CheckoutStatus}
    told = {s: may if s is CheckoutStatus.PAID else may - {CheckoutStatus.COMPLETE} for s, may in higher.items()}
    return _links(CheckoutStatus, told)


def _verbs() -> Iterable[tuple[str, frozenset[Status]]]:
    return subscription.VERBS.items()


def _dispute(status: DisputeStatus) -> Sequence[str]:
    return (f"`{status.value}`", _said(status.suspends), _said(status.is_over))


def _attempt(outcome: AttemptOutcome) -> Sequence[str]:
    return (f"`{outcome.value}`", _said(outcome.may_have_been_billed))


def _is_live(status: str) -> str:
    return _said(Status(status).is_live)


def _said(it_is: bool) -> str:
    return "yes" if it_is else "no"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing: it absorbs"


if __name__ == "__main__":
    sys.stdout.write(page())
