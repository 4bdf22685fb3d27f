"""The pages of the simulated checkout."""

from html import escape
from urllib.parse import quote

from litestar import Response

from billing_core.entrypoints.http.pages import page
from billing_core.entrypoints.settings import Settings


def checkout(session_id: str, settings: Settings, *, problem: str = "") -> Response[str]:
    """A form for a test card."""
    said = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    body = f"""<p>This is a simulated checkout: no money moves. Session {escape(session_id)}.</p>
{said}
<form method="post" action="{_path(session_id)}/card">
<label for="card">Test card</label>
<input id="card" name="card" value="4242 4242 4242 4242" maxlength="32" autocomplete="off" inputmode="numeric" required>
<button>Pay</button>
</form>
<p>4000 0025 0000 3155 asks the bank, 4000 0000 0000 9995 is declined.</p>"""
    return page("Checkout", body, settings, status=422 if problem else 200)


def question(session_id: str, settings: Settings) -> Response[str]:
    """What the bank asks."""
    body = f"""<p>Your bank asks: is this payment yours?</p>
<form method="post" action="{_path(session_id)}/answer">
<button name="ok" value="yes">Yes, it is mine</button>
<button name="ok" value="no">No</button>
</form>"""
    return page("Your bank asks", body, settings)


def _path(session_id: str) -> str:
    return f"/dev/checkout/{quote(session_id, safe='')}"
