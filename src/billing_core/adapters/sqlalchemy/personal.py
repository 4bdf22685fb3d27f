"""What the books keep of one account: told as plain values, and made to forget who it is.

The stream stays: every amount, date and id in it. The account's id, which your sign-in gave it, is the pseudonym.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve
from sqlalchemy import Connection, Row, Table, delete, false, func, null, or_, select, update

from billing_core.adapters.books.encoding import ACCOUNTS, Encoded, encode_event
from billing_core.adapters.sqlalchemy.migrate import connected
from billing_core.adapters.sqlalchemy.rows import event_of, moment
from billing_core.adapters.sqlalchemy.tables import (
    accounts,
    api_keys,
    attempts,
    events,
    fraud_warnings,
    generations,
    images,
    inbox,
    incidents,
    metadata,
    owners,
    partials,
)
from billing_core.domain.account import Account
from billing_core.domain.events import ProfileNoted

Kept = Mapping[str, Sequence[Mapping[str, object]]]
ERASED = "(erased)"
_WORDS = (incidents.c.detail, incidents.c.note, fraud_warnings.c.notes)
"""Texts in which an operator or the product may have named the customer."""


def export(url: str, account_id: str) -> Kept:
    """Every row of the account, by table: times as text, what is kept as JSON as it is. Empty where there is none.

    Raises Unavailable.
    """
    with connected(url) as connection:
        found = {
            table.name: [_plain(row) for row in connection.execute(_of(table, account_id))]
            for table in metadata.sorted_tables
            if table is accounts or "account_id" in table.c
        }
    return {name: rows for name, rows in found.items() if rows}


def erase(url: str, account_id: str, ensure: Callable[[Account], None], *, nobody: str) -> tuple[str, ...]:
    """Forgets e-mail, name, prompts, what providers said, what was taken in, and keys, all or nothing; twice is once.

    Answers the folders of its pictures, which the image store still has. `nobody` is the account of webhooks
    that are no account's; those that speak of this one lose their bodies too. The account does not change meanwhile.

    Raises what `ensure` raises of it as it is then; Unavailable.
    """
    with connected(url) as connection:
        row = connection.execute(_of(accounts, account_id).with_for_update()).one_or_none()
        if row is not None:
            account = ACCOUNTS.decode(Encoded(row.schema, row.snapshot))
            ensure(account)
            names = _forget_profile(connection, account)
            _forget_words(connection, account_id, names)
            _forget_nobodys(connection, account_id, names, nobody)
        _forget_requests(connection, account_id)
        connection.execute(delete(api_keys).where(api_keys.c.account_id == account_id))
        return _forget_pictures(connection, account_id)


def _of(table: Table, account_id: str) -> Any:
    return select(table).where((table.c.id if table is accounts else table.c.account_id) == account_id)


def _plain(row: Row[Any]) -> dict[str, object]:
    return {name: _told(name, value) for name, value in row._mapping.items() if name != api_keys.c.digest.name}


def _told(name: str, value: object) -> object:
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if isinstance(value, int) and (name == "at" or name.endswith("_at")):
        return moment(value).isoformat()
    if name in {"snapshot", "payload", "answer", "body", "about"} and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _forget_profile(connection: Connection, account: Account) -> frozenset[str]:
    """In the row, and wherever the stream tells it. Answers the e-mails and names that there were."""
    names = {account.email, account.name}
    told = _of(events, account.id).where(events.c.type == ProfileNoted.__name__)
    for row in connection.execute(told).all():
        noted = event_of(row).event
        assert isinstance(noted, ProfileNoted)
        names |= {noted.email, noted.name}
        written = encode_event(evolve(noted, email="", name="")).value
        connection.execute(
            update(events)
            .where(events.c.account_id == account.id, events.c.number == row.number)
            .values(schema=written.schema, payload=written.payload.decode())
        )
    snapshot = ACCOUNTS.encode(evolve(account, email="", name=""))
    forgotten = {"email": "", "name": "", "schema": snapshot.schema, "snapshot": snapshot.payload}
    connection.execute(update(accounts).where(accounts.c.id == account.id).values(forgotten))
    return frozenset(names - {""})


def _forget_words(connection: Connection, account_id: str, names: frozenset[str]) -> None:
    for column in _WORDS:
        for name in sorted(names, key=len, reverse=True):
            of_it = (column.table.c.account_id == account_id, column.contains(name, autoescape=True))
            keys = [*column.table.primary_key]
            for row in connection.execute(select(column, *keys).where(*of_it)).all():
                this = [key == row._mapping[key] for key in keys]
                words = row._mapping[column].replace(name, ERASED)
                connection.execute(update(column.table).where(*this).values({column.name: words}))


def _forget_requests(connection: Connection, account_id: str) -> None:
    """Webhooks are remembered by their ids, so that they count once; requests and mail are not."""
    of_it = inbox.c.account_id == account_id
    by_them = or_(inbox.c.key.startswith("http:"), inbox.c.key.startswith("notice:"))
    connection.execute(delete(inbox).where(of_it, by_them))
    connection.execute(update(inbox).where(of_it).values(body=b"", error=null()))


def _forget_nobodys(connection: Connection, account_id: str, names: frozenset[str], nobody: str) -> None:
    """The bodies of webhooks that concern no account, but speak of an id at the provider that this one owns."""
    owned = connection.scalars(select(owners.c.provider_id).where(owners.c.account_id == account_id)).all()
    place = func.pg_catalog.position if connection.dialect.name == "postgresql" else func.instr
    speaks = [place(inbox.c.body, text.encode()) > 0 for text in (*owned, *sorted(names))]
    of_nobody = update(inbox).where(inbox.c.account_id == nobody, or_(false(), *speaks))
    connection.execute(of_nobody.values(body=b""))


def _forget_pictures(connection: Connection, account_id: str) -> tuple[str, ...]:
    of_it = generations.c.account_id == account_id
    folders = connection.scalars(select(generations.c.id).where(of_it).order_by(generations.c.id)).all()
    connection.execute(delete(partials).where(partials.c.account_id == account_id))
    connection.execute(update(images).where(images.c.account_id == account_id).values(deleted=True))
    connection.execute(update(attempts).where(attempts.c.account_id == account_id).values(error=null()))
    connection.execute(update(generations).where(of_it).values(prompt=ERASED))
    failed = generations.c.failure_message.is_not(None)
    connection.execute(update(generations).where(of_it, failed).values(failure_message=ERASED))
    return tuple(folders)
