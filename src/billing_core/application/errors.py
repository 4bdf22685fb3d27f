"""What goes wrong between the rules and the outside."""

from attrs import define

from billing_core.domain.errors import Conflict, NotFound, RuleViolation
from billing_core.domain.options import Option


@define(str=False)
class QuoteStale(Conflict):
    """The quote is too old, or the change would cost something else by now."""

    def __str__(self) -> str:
        return "the quote no longer holds; ask for a new one"


@define(str=False)
class PaymentDeclined(RuleViolation):
    """The bank said no. Nothing changed."""

    decline_code: str
    options: tuple[Option, ...] = ()

    def __str__(self) -> str:
        return f"the payment was declined ({self.decline_code})"


@define(str=False)
class UnknownPrice(NotFound):
    """Money came in for a price that no catalog version knows."""

    price: str

    def __str__(self) -> str:
        return f"no catalog version knows the price {self.price}"


@define(str=False)
class CheckoutNotFound(NotFound):
    """No such checkout on this account."""

    session_id: str

    def __str__(self) -> str:
        return f"no checkout {self.session_id}"


@define(str=False)
class GenerationNotFound(NotFound):
    """No such generation on this account."""

    generation_id: str

    def __str__(self) -> str:
        return f"no generation {self.generation_id}"


@define(str=False)
class ImageNotFound(NotFound):
    """No such picture, or not one that the caller may see."""

    image_id: str

    def __str__(self) -> str:
        return f"no image {self.image_id}"


@define(str=False)
class ApiKeyNotFound(NotFound):
    """No such API key on this account."""

    key_id: str

    def __str__(self) -> str:
        return f"no API key {self.key_id}"


@define(str=False)
class TooManyApiKeys(Conflict):
    """The account has as many API keys as it may."""

    limit: int

    def __str__(self) -> str:
        return f"there are {self.limit} API keys already; revoke one first"


@define(str=False)
class GrantNotFound(NotFound):
    """The account was never given such a grant."""

    grant_id: str

    def __str__(self) -> str:
        return f"no grant {self.grant_id}"


@define(str=False)
class AccountNotFound(NotFound):
    """Nothing was ever written for that account."""

    account_id: str

    def __str__(self) -> str:
        return f"no account {self.account_id}"


@define(str=False)
class WebhookNotFound(NotFound):
    """No webhook with that event was kept."""

    event_id: str

    def __str__(self) -> str:
        return f"no webhook {self.event_id} was kept"


@define(str=False)
class IncidentNotFound(NotFound):
    """No incident has that id."""

    incident_id: str

    def __str__(self) -> str:
        return f"no incident {self.incident_id}"


@define(str=False)
class IncidentClosed(Conflict):
    """Somebody resolved the incident already, in another way."""

    incident_id: str
    resolution: str

    def __str__(self) -> str:
        return f"incident {self.incident_id} was resolved already: {self.resolution}"


@define(str=False)
class IncidentRemains(Conflict):
    """What was asked for was done, but the oddity is still there, so the incident stays open."""

    incident_id: str
    problem: str

    def __str__(self) -> str:
        return f"incident {self.incident_id} stays open: {self.problem}"


@define(str=False)
class NotOffered(RuleViolation):
    """Such an incident cannot be resolved in that way."""

    resolution: str
    offered: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.resolution} does not resolve this incident; there is {', '.join(self.offered)}"


@define(str=False)
class OwnedByAnother(Conflict):
    """An id at the gateway belongs to another account, for ever."""

    provider_id: str
    owner: str

    def __str__(self) -> str:
        return f"{self.provider_id} belongs to the account {self.owner}"


@define(str=False)
class PaymentNotFound(NotFound):
    """The account has no such payment."""

    payment: str

    def __str__(self) -> str:
        return f"no payment {self.payment}"


@define(str=False)
class PaymentDisputed(Conflict):
    """The bank decides whose the money is, or has decided; it cannot be given back as well."""

    payment: str

    def __str__(self) -> str:
        return f"payment {self.payment} is disputed, so the bank decides whose the money is"


@define(str=False)
class AlreadyRefunded(Conflict):
    """Nothing of the payment is left to give back."""

    payment: str

    def __str__(self) -> str:
        return f"all of payment {self.payment} went back already"


@define(str=False)
class RefundRefused(Conflict):
    """The gateway does not give so much of the payment back. Nothing changed."""

    payment: str
    problem: str

    def __str__(self) -> str:
        return f"payment {self.payment} is not given back: {self.problem}"


@define(str=False)
class WarningNotFound(NotFound):
    """No fraud warning has that id."""

    warning_id: str

    def __str__(self) -> str:
        return f"no fraud warning {self.warning_id}"
