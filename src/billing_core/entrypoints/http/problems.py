"""Every way in which a request can fail, as one table: what was raised, its HTTP status, its code, its title."""

from collections.abc import Iterator, Mapping

from attrs import frozen
from litestar.exceptions import (
    ClientException,
    MethodNotAllowedException,
    NotFoundException,
    PermissionDeniedException,
    ValidationException,
)
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from billing_core.application import errors as application
from billing_core.application.endings import FAILURES, REFUSED
from billing_core.domain import errors as domain
from billing_core.entrypoints.http import refusals
from billing_core.ports import errors as ports


@frozen
class Kind:
    """One sort of problem, as RFC 9457 tells it. `code` is for programs and never changes."""

    status: int
    code: str
    title: str

    @property
    def type(self) -> str:
        return f"/problems/{self.code}"


FORBIDDEN = Kind(403, "forbidden", "Not allowed")
NOT_FOUND = Kind(404, "not_found", "There is no such thing here")
UNAVAILABLE = Kind(503, "unavailable", "Try again in a moment")
VALIDATION = Kind(422, "validation", "The request is not valid")
UNREADABLE = Kind(400, "unreadable_request", "The request cannot be read")
INTERNAL = Kind(500, "internal_error", "Something went wrong on our side")

PROBLEMS: Mapping[type[Exception], Kind] = {
    # What was asked for
    refusals.UnreadableRequest: UNREADABLE,
    ClientException: UNREADABLE,
    refusals.InvalidFields: VALIDATION,
    ValidationException: VALIDATION,
    domain.InvalidValue: VALIDATION,
    refusals.BadIdempotencyKey: Kind(400, "bad_idempotency_key", "The idempotency key is not valid"),
    ports.IdempotencyKeyReused: Kind(409, "idempotency_key_reused", "The idempotency key came with another request"),
    RequestEntityTooLarge: Kind(413, "payload_too_large", "The request is too large"),
    MethodNotAllowedException: Kind(405, "method_not_allowed", "The method is not allowed here"),
    refusals.RedirectNotAllowed: Kind(422, "redirect_not_allowed", "The URL is not at an allowed origin"),
    refusals.RateLimited: Kind(429, "rate_limited", "Asked too often"),
    refusals.TooManyStreams: Kind(429, "too_many_streams", "Too many streams of events are open"),
    # Who asked
    refusals.Unauthorized: Kind(401, "unauthorized", "A valid token is needed"),
    refusals.Forbidden: FORBIDDEN,
    refusals.KeyNotAllowed: Kind(403, "key_not_allowed", "The API key does not open this"),
    application.TooManyApiKeys: Kind(409, "too_many_api_keys", "There are enough API keys"),
    PermissionDeniedException: FORBIDDEN,
    ports.BadSignature: Kind(400, "bad_signature", "The webhook's signature is not valid"),
    domain.AccountSuspended: Kind(403, "account_suspended", "The account is suspended"),
    # What is not there
    NotFoundException: NOT_FOUND,
    application.ApiKeyNotFound: NOT_FOUND,
    application.CheckoutNotFound: NOT_FOUND,
    application.GenerationNotFound: NOT_FOUND,
    application.GrantNotFound: NOT_FOUND,
    application.ImageNotFound: NOT_FOUND,
    domain.HoldNotFound: Kind(404, "hold_not_found", "There is no such hold"),
    domain.NoSubscription: Kind(404, "no_subscription", "There is no subscription"),
    domain.NoCustomer: Kind(404, "no_customer", "There was no checkout yet"),
    domain.UnknownPlan: Kind(422, "unknown_tier", "There is no such tier"),
    domain.UnknownPack: Kind(422, "unknown_pack", "There is no such pack"),
    application.UnknownPrice: Kind(422, "unknown_price", "There is no such price"),
    ports.UnknownAtGateway: Kind(409, "unknown_at_gateway", "The payment gateway does not know it"),
    application.AccountNotFound: Kind(404, "account_not_found", "There is no such account"),
    application.WebhookNotFound: Kind(404, "webhook_not_found", "No such webhook was kept"),
    # Incidents
    application.IncidentNotFound: Kind(404, "incident_not_found", "There is no such incident"),
    application.IncidentClosed: Kind(409, "incident_resolved", "The incident was resolved already"),
    application.IncidentRemains: Kind(409, "incident_remains", "The incident is still there"),
    application.NotOffered: Kind(422, "resolution_not_offered", "The incident cannot be resolved like that"),
    application.OwnedByAnother: Kind(409, "owned_by_another", "It belongs to another account"),
    # Money back, and fraud
    application.PaymentNotFound: Kind(404, "payment_not_found", "The account has no such payment"),
    application.PaymentDisputed: Kind(409, "payment_disputed", "The payment is disputed"),
    application.AlreadyRefunded: Kind(409, "already_refunded", "All of the payment went back already"),
    application.RefundRefused: Kind(409, "refund_refused", "The payment is not given back"),
    application.WarningNotFound: Kind(404, "fraud_warning_not_found", "There is no such fraud warning"),
    # Buying
    domain.AlreadySubscribed: Kind(409, "already_subscribed", "There is a subscription already"),
    domain.CurrencyLocked: Kind(409, "currency_locked", "The account pays in another currency"),
    domain.NotForSale: Kind(422, "not_for_sale", "This is not for sale"),
    domain.ContactSales: Kind(422, "contact_sales", "This is sold by people"),
    application.QuoteStale: Kind(409, "quote_stale", "The quote no longer holds"),
    application.PaymentDeclined: Kind(402, "payment_declined", "The payment was declined"),
    refusals.PaymentsDisabled: Kind(503, "payments_disabled", "Payments are switched off"),
    # Spending
    domain.InsufficientCredits: Kind(402, "insufficient_credits", "There are not enough credits"),
    domain.NotEntitled: Kind(403, "not_entitled", "The plan does not include this"),
    domain.DailyQuotaExceeded: Kind(429, "daily_quota_exceeded", "Today's images are used up"),
    domain.TooManyConcurrent: Kind(429, "too_many_concurrent", "Too many are open at once"),
    domain.NotPriced: Kind(422, "not_priced", "There is no price for this"),
    domain.CostsTooMuch: Kind(422, "costs_too_much", "It costs more than you allowed"),
    domain.CaptureExceedsHold: Kind(422, "capture_exceeds_hold", "More than was held"),
    domain.HoldLapsed: Kind(409, "hold_lapsed", "The hold has lapsed"),
    domain.IllegalTransition: Kind(409, "illegal_transition", "Not possible in this state"),
    # What failed on our side
    ports.ImageRefused: Kind(422, "image_refused", "The provider will not make this image"),
    ports.Unavailable: UNAVAILABLE,
    ports.StaleVersion: UNAVAILABLE,
    ports.Misconfigured: Kind(502, "provider_misconfigured", "A provider does not take what is set up here"),
    ports.NoticeRefused: Kind(502, "notice_refused", "The mail server will not take this message"),
    ports.GatewayRefused: Kind(502, "gateway_refused", "The payment gateway does not take this"),
    ports.OutcomeUnknown: Kind(503, "outcome_unknown", "It may have been done, or not"),
    Exception: INTERNAL,
}


def kind_of(error: Exception) -> Kind:
    """The sort of problem that the error is; what the table does not know is our fault."""
    return next(PROBLEMS[cls] for cls in type(error).__mro__ if cls in PROBLEMS)


def kinds() -> Iterator[Kind]:
    """Every sort once, in the order of the table."""
    yield from dict.fromkeys(PROBLEMS.values())


def page() -> str:
    """`docs/errors.md`."""
    rows = "\n".join(f"| `{kind.code}` | {kind.status} | {kind.title} |" for kind in kinds())
    failures = "\n".join(f"| `failed` | `{failure.code}` | {failure.message} |" for failure in FAILURES)
    return f"""# Errors

Every error is `application/problem+json` (RFC 9457) with `type`, `title`, `status`, `detail` and `code`, and with what
the code names: `required` and `available` of missing credits, `options` of a denial, `errors` of a request that is not
valid. Programs go by `code`; titles and details are for people and may change.

| code | status | title |
|---|---|---|
{rows}

## Why a generation has no pictures

A generation is accepted before its pictures are made, so what goes wrong later is no HTTP error. It ends as `failed` or
`refused`, costs nothing, and its `failure` has a `code` and a `message`. One that is `canceled` has none.

| status | code | message |
|---|---|---|
{failures}
| `refused` | the provider's own, such as `moderation_blocked` | {REFUSED} |
"""
