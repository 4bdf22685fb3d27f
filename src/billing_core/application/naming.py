"""Which account a customer of the gateway is, where we did not say so ourselves when it was made. Pure."""

from attrs import frozen

from billing_core.application.receiving import NOBODY
from billing_core.domain.errors import InvalidValue
from billing_core.ports.archive import GatewayCustomer

LONGEST_ID = 255
METADATA = "metadata."


@frozen
class Naming:
    """Where an account's id is read from: `customer`, `email`, or `metadata.KEY`. Raises InvalidValue for others."""

    source: str = "customer"

    def __attrs_post_init__(self) -> None:
        has_key = self.source.startswith(METADATA) and self.source != METADATA
        if self.source not in {"customer", "email"} and not has_key:
            raise InvalidValue("account_from", "must be customer, email or metadata.KEY")

    def account_of(self, customer: GatewayCustomer) -> str | None:
        """The account's id: what we put at the gateway ourselves goes first. None where nothing usable is there."""
        found = customer.account_id or self._found(customer)
        return found if found and is_account_id(found) else None

    def _found(self, customer: GatewayCustomer) -> str | None:
        if self.source == "customer":
            return customer.id
        if self.source == "email":
            return customer.email
        return dict(customer.metadata).get(self.source.removeprefix(METADATA))


def is_account_id(value: str) -> bool:
    """Whether a token could name it: some text, not too long, that every store keeps, and not nobody's."""
    is_text = "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)
    return is_text and 1 <= len(value) <= LONGEST_ID and value != NOBODY
