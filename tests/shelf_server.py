"""A Stripe that has a shelf and nothing else: products, prices and the portal's configurations, in memory."""

import itertools
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import define, field

from tests.stripe_forms import Form, form_of, items_of
from tests.stripe_spec import problems_of_request

Json = dict[str, Any]
PREFIX = {"products": "prod", "prices": "price", "configurations": "bpc"}


@define
class ShelfServer:
    """An Answering. `dies_after` lets it go away after so many changes, the last of which is still made."""

    products: dict[str, Json] = field(factory=dict)
    prices: dict[str, Json] = field(factory=dict)
    configurations: dict[str, Json] = field(factory=dict)
    webhook_endpoints: dict[str, Json] = field(factory=dict)
    asked: list[tuple[str, str, Any]] = field(factory=list)
    dies_after: int | None = None
    _n: Any = field(factory=lambda: itertools.count(1))

    @property
    def changes(self) -> list[tuple[str, str, Any]]:
        return [each for each in self.asked if each[0] == "POST"]

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        return 200, {}, json.dumps(self.answer(method, url, body.decode())).encode()

    def answer(self, method: str, url: str, body: str) -> Json:
        """What it says to a request."""
        if self.dies_after is not None and len(self.changes) >= self.dies_after:
            raise ConnectionError("gone")
        parts = urlsplit(url)
        asked = form_of(parts.query if method.upper() == "GET" else body)
        assert [] == problems_of_request(method, parts.path, asked)
        form = read(asked)
        self.asked.append((method.upper(), parts.path, form))
        names = [name for name in parts.path.split("/") if name not in {"", "v1", "billing_portal"}]
        kept: dict[str, Json] = getattr(self, names[0])
        if method.upper() == "GET":
            return kept[names[1]] if names[1:] else self._page(list(kept.values())[::-1], form)
        return self._change(names[0], kept, names[1] if names[1:] else None, form)

    def _page(self, every: list[Json], form: Json) -> Json:
        keys = form.get("lookup_keys")
        found = [
            each
            for each in every
            if ("active" not in form or each["active"] is form["active"])
            and ("product" not in form or each["product"] == form["product"])
            and (keys is None or each["lookup_key"] in keys)
        ]
        after = form.get("starting_after")
        first = 1 + [each["id"] for each in found].index(after) if after else 0
        page = found[first : first + int(form.get("limit", 10))]
        return {"object": "list", "data": page, "has_more": len(found) > first + len(page)}

    def _change(self, collection: str, kept: dict[str, Json], known: str | None, form: Json) -> Json:
        n = next(self._n)
        told: Json = kept[known] if known else {"id": f"{PREFIX[collection]}_{n}", "created": 1_700_000_000 + n}
        if not known:
            told |= {"active": True, "metadata": {}, "lookup_key": None}
        if collection == "prices" and form.pop("transfer_lookup_key", None):
            for other in kept.values():
                if other["lookup_key"] == form["lookup_key"]:
                    other["lookup_key"] = None
        if collection == "prices" and not known:
            told["type"] = "recurring" if "recurring" in form else "one_time"
            form["recurring"] = {"interval_count": 1, **form["recurring"]} if "recurring" in form else None
        told["metadata"] |= form.pop("metadata", {})
        told |= form
        kept[told["id"]] = told
        return told


def read(form: "Form | str") -> Any:
    """The form as JSON."""
    if isinstance(form, str):
        if form in {"true", "false"}:
            return form == "true"
        return int(form) if form.isdecimal() else form
    items = items_of(form) if form else None
    return [read(item) for item in items] if items else {name: read(value) for name, value in form.items()}
