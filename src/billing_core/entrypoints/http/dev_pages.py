"""The pages of the simulated Stripe: its checkout, its portal, and its bank's questions."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from urllib.parse import quote

from attrs import frozen
from litestar import Response

from billing_core.application.viewing import SubscriptionView
from billing_core.domain.subscription import LIVE
from billing_core.entrypoints.http.pages import page
from billing_core.entrypoints.settings import Settings
from billing_core.entrypoints.simulated import Offered, Receipt

CARDS = (
    "<p>4000 0025 0000 3155 asks the bank, 4000 0000 0000 9995 is declined;"
    " 000123456789 is a bank account, which pays four days later.</p>"
)
RUNNING = frozenset(status.value for status in LIVE)


def checkout(session_id: str, settings: Settings, *, problem: str = "") -> Response[str]:
    """A form for a test card."""
    body = f"""<p>This is a simulated checkout: no money moves. Session {escape(session_id)}.</p>
{_problem(problem)}
{_card_form(f"{_path('checkout', session_id)}/card", "Pay")}"""
    return page("Checkout", body, settings, status=422 if problem else 200)


def question(session_id: str, settings: Settings) -> Response[str]:
    """What the bank asks at a checkout."""
    return page("Your bank asks", _question_form(_path("checkout", session_id)), settings)


def invoice(invoice_id: str, settings: Settings, *, problem: str = "") -> Response[str]:
    """What the bank asks for an invoice."""
    body = f"""<p>This is a simulated bank: no money moves. Invoice {escape(invoice_id)}.</p>
{_problem(problem)}
{_question_form(_path("invoices", invoice_id))}"""
    return page("Your bank asks", body, settings, status=422 if problem else 200)


def invoice_paid(settings: Settings) -> Response[str]:
    """How an invoice ended well."""
    return page("Paid", "<p>The payment went through. A change of plan that waited for it is done.</p>", settings)


def invoice_declined(invoice_id: str, settings: Settings) -> Response[str]:
    """How an invoice stays open."""
    body = f"""<p class="problem" role="alert">The bank declined: nothing was paid, and no plan was changed.</p>
<p><a href="{_path("invoices", invoice_id)}">Answer again</a></p>"""
    return page("Not paid", body, settings)


@frozen(kw_only=True)
class Said:
    """What was done, or why it was not."""

    done: str = ""
    problem: str = ""


def portal(
    token: str, view: SubscriptionView, settings: Settings, *, offers: Sequence[Offered], return_url: str, news: Said
) -> Response[str]:
    """The subscription, and what its owner can do about it."""
    path = _path("portal", token)
    said = f'<p role="status">{escape(news.done)}</p>' if news.done else _problem(news.problem)
    ends = "Ends" if view.cancel_at_period_end else "Period ends"
    body = f"""<p>This is a simulated portal: no money moves.</p>
{said}
<dl>
<dt>Plan</dt><dd>{escape(view.tier)}</dd>
<dt>Status</dt><dd>{escape(view.status)}</dd>
<dt>{ends}</dt><dd>{_moment(view.current_period_end)}</dd>
</dl>
{_way_out_form(path, view)}
{_offers_form(path, offers)}
<h2>Another card</h2>
{_card_form(f"{path}/card", "Use this card")}
<p><a href="{escape(return_url)}">Back</a></p>"""
    return page("Your subscription", body, settings, status=422 if news.problem else 200)


def receipt(told: Receipt, settings: Settings) -> Response[str]:
    """What a charge's `receipt_url` leads to."""
    back = f"<dt>Refunded</dt><dd>{told.refunded}</dd>" if told.refunded.amount_minor else ""
    body = f"""<p>This is a simulated receipt: no money moved. Charge {escape(told.charge_id)}.</p>
<dl>
<dt>Paid</dt><dd>{told.paid}</dd>
{back}
<dt>On</dt><dd>{_moment(told.at)}</dd>
<dt>From</dt><dd>•••• {escape(told.last4)}</dd>
</dl>"""
    return page("Receipt", body, settings)


def nothing_here(settings: Settings) -> Response[str]:
    """Where a link leads nowhere, or no longer."""
    return page("Not found", "<p>This link leads nowhere, or is too old. Ask for a new one.</p>", settings, status=404)


def _way_out_form(path: str, view: SubscriptionView) -> str:
    """Out at the period's end, or in again; neither where nothing runs."""
    if view.status not in RUNNING:
        return ""
    verb, label = ("resume", "Keep it") if view.cancel_at_period_end else ("cancel", "Cancel at the period's end")
    return f'<form method="post" action="{path}/{verb}"><button>{escape(label)}</button></form>'


def _offers_form(path: str, offers: Sequence[Offered]) -> str:
    """Another plan, where there is one to be had."""
    if not offers:
        return ""
    options = "".join(
        f'<option value="{escape(offered.id)}">{escape(offered.key)}: {offered.price}</option>' for offered in offers
    )
    return f"""<h2>Another plan</h2>
<form method="post" action="{path}/switch">
<label for="price">Plan</label>
<select id="price" name="price">{options}</select>
<button>Switch</button>
</form>"""


def _card_form(action: str, label: str) -> str:
    return f"""<form method="post" action="{action}">
<label for="card">Test card</label>
<input id="card" name="card" value="4242 4242 4242 4242" maxlength="32" autocomplete="off" inputmode="numeric" required>
<button>{label}</button>
</form>
{CARDS}"""


def _question_form(path: str) -> str:
    return f"""<p>Your bank asks: is this payment yours?</p>
<form method="post" action="{path}/answer">
<button name="ok" value="yes">Yes, it is mine</button>
<button name="ok" value="no">No</button>
</form>"""


def _problem(problem: str) -> str:
    return f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""


def _moment(at: datetime | None) -> str:
    return "-" if at is None else f'<time datetime="{at.isoformat()}">{at:%Y-%m-%d %H:%M} UTC</time>'


def _path(what: str, name: str) -> str:
    return f"/dev/{what}/{quote(name, safe='')}"
