"""What is told: webhooks in the order in which they came, and the gateway's truth behind them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from billing_core.adapters.catalog_file import decode
from billing_core.adapters.memory.state import MemoryState
from billing_core.domain.catalog import Catalog
from billing_core.ports.catalogs import KeptCatalog
from billing_core.testing.orders.truth import Truth

FORMAT = 1
_LISTED_FOR = timedelta(days=29)


class NoRecording(ValueError):
    """The file is not what `billing-core prove --record` writes. Says why."""


@frozen
class Webhook:
    """An event as it came. `created_at` is the gateway's date of it."""

    id: str
    type: str
    created_at: datetime
    body: bytes = field(repr=False)

    @staticmethod
    def of(body: bytes) -> "Webhook":
        """Reads what every snapshot event has. Raises NoRecording."""
        try:
            event = json.loads(body)
            return Webhook(event["id"], event["type"], datetime.fromtimestamp(event["created"], UTC), body)
        except (ValueError, KeyError, TypeError) as error:
            raise NoRecording(f"not an event of Stripe's: {error!r}") from error

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M:%S} {self.type} {self.id} {_what(self.body)}"


@frozen(kw_only=True)
class Recording:
    """Webhooks that are all told at one moment, `now`, to books that know nothing but whose the customers are.

    `before`, where given, are the books that they come into instead. `truth` is how all stands at the gateway by
    `now`. `since` is how far a reconciliation looks back.
    """

    catalog: Catalog
    now: datetime
    webhooks: tuple[Webhook, ...]
    customers: Mapping[str, str]
    truth: Truth
    before: MemoryState | None = None
    kept_catalogs: tuple[KeptCatalog, ...] = ()

    @property
    def livemode(self) -> bool:
        """Whether real money moved."""
        return any(json.loads(webhook.body).get("livemode") is True for webhook in self.webhooks[:1])

    @property
    def since(self) -> datetime:
        return min((webhook.created_at for webhook in self.webhooks), default=self.now)

    @property
    def losable(self) -> tuple[int, ...]:
        """The webhooks that a reconciliation can find again: Stripe lists events for thirty days."""
        oldest = self.now - _LISTED_FOR
        return tuple([n for n, webhook in enumerate(self.webhooks) if webhook.created_at > oldest])

    def only(self, numbers: Iterable[int]) -> "Recording":
        """The same with these of its webhooks."""
        return evolve(self, webhooks=tuple([self.webhooks[n] for n in numbers]))

    def save(self, path: Path) -> None:
        """Writes JSON lines: a head, catalogs, customers, webhooks in the order in which they came, and answers."""
        path.write_text("".join(json.dumps(line) + "\n" for line in self._lines()))

    def _lines(self) -> Iterator[dict[str, Any]]:
        yield {"recording": FORMAT, "now": self.now.isoformat()}
        for kept in self.kept_catalogs:
            yield {"catalog": kept.number, "since": kept.since.isoformat(), "text": kept.text}
        for customer, account in self.customers.items():
            yield {"customer": customer, "account": account}
        for webhook in self.webhooks:
            yield {"webhook": webhook.body.decode()}
        for asked, (status, told) in sorted(self.truth.known.items()):
            yield {"asked": asked, "status": status, "answer": told.decode()}

    @staticmethod
    def load(path: Path, catalog: Catalog | None = None) -> "Recording":
        """Reads what `save` wrote. `catalog` takes the place of the recorded one. Raises NoRecording, CatalogError."""
        head, *lines = _read(path)
        if head.get("recording") != FORMAT:
            raise NoRecording(f"{path} is no recording of format {FORMAT}")
        kept = tuple(
            KeptCatalog(number=line["catalog"], since=datetime.fromisoformat(line["since"]), text=line["text"])
            for line in lines
            if "catalog" in line
        )
        recorded = catalog or Catalog([decode(k.text, number=k.number, since=k.since) for k in kept])
        truth = Truth()
        truth.known = {li["asked"]: (li["status"], li["answer"].encode()) for li in lines if "asked" in li}
        return Recording(
            catalog=recorded,
            now=datetime.fromisoformat(head["now"]),
            webhooks=tuple([Webhook.of(line["webhook"].encode()) for line in lines if "webhook" in line]),
            customers={line["customer"]: line["account"] for line in lines if "customer" in line},
            truth=truth,
            kept_catalogs=kept,
        )


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    except ValueError as error:
        raise NoRecording(f"{path} does not consist of JSON lines: {error}") from error
    if not lines or not all(isinstance(line, dict) for line in lines):
        raise NoRecording(f"{path} does not consist of JSON objects, one a line")
    return lines


def _what(body: bytes) -> str:
    told = json.loads(body).get("data", {}).get("object", {})
    shown = (told.get("id"), told.get("status"), told.get("charge") or told.get("subscription"))
    return " ".join(str(part) for part in shown if part)
