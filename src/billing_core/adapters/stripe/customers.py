"""Customers: one per account."""

from functools import partial

from attrs import frozen

from billing_core.adapters.stripe.api import Api, any_key, nothing, of, reading
from billing_core.adapters.stripe.checkouts import ACCOUNT
from billing_core.adapters.stripe.errors import Refused
from billing_core.adapters.stripe.shapes import Shape, moment, needed, part, rows, text
from billing_core.ports.errors import GatewayRefused, UnknownAtGateway

_CUSTOMERS = "/v1/customers"
_LONGEST_EMAIL = 512
_LONGEST_NAME = 256
_TRIES = 4


@frozen
class Customers:
    """Stripe's customers, found by the account that stands in their metadata."""

    api: Api

    async def ensure_customer(self, account_id: str, *, email: str, name: str) -> str:
        """The id of the account's customer, whose e-mail and name are then these, where Stripe takes them.

        It is made with nothing but the account in it, so that whoever comes again within a day, or at the same time,
        asks for the very same thing and gets the very same customer. A deleted one can only be told by a change that
        fails; then another one is made.
        """
        email, name = email if len(email) <= _LONGEST_EMAIL else "", name[:_LONGEST_NAME]
        found = await self._find(account_id, email)
        make = partial(self.api.post, _CUSTOMERS, find=nothing, metadata={ACCOUNT: account_id})
        key = f"customer:{account_id}"
        for _ in range(_TRIES):
            customer = found or await make(key=key)
            with reading("a customer"):
                customer_id = needed(text(customer, "id"), "id")
            try:
                if found is None or not _is_in_step(found, email, name):
                    await self._change(customer_id, email, name)
            except UnknownAtGateway:
                found, key = None, f"customer:{account_id}:{customer_id}"
            else:
                return customer_id
        raise GatewayRefused(f"every customer of account {account_id} is deleted")

    async def _find(self, account_id: str, email: str) -> Shape | None:
        """The oldest customer with that e-mail that is the account's."""
        if not email:
            return None
        page = await self.api.get(_CUSTOMERS, email=email, limit=100)
        with reading("a list of customers"):
            ours = [found for found in rows(page, "data") if part(found, "metadata").get(ACCOUNT) == account_id]
            return min(ours, key=lambda found: needed(moment(found, "created"), "created"), default=None)

    async def _change(self, customer_id: str, email: str, name: str) -> None:
        """Raises UnknownAtGateway where the customer is deleted."""
        change = partial(self.api.post, of(_CUSTOMERS, customer_id), find=nothing, name=name)
        try:
            await change(key=any_key(), email=email)
        except Refused as refused:
            if refused.param != "email":
                raise
            await change(key=any_key())


def _is_in_step(customer: Shape, email: str, name: str) -> bool:
    return (customer.get("email") or "", customer.get("name") or "") == (email, name)
