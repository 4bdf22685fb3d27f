"""Where a customer may be sent after a hosted page: only to origins that the operator has allowed."""

from urllib.parse import urlsplit

from attrs import frozen

from billing_core.application.checking_out import Return
from billing_core.entrypoints.http.refusals import RedirectNotAllowed
from billing_core.entrypoints.settings import Settings, origin


@frozen
class Redirects:
    """The allowed origins, and where customers come back to if nobody says otherwise."""

    origins: frozenset[str]
    home: str

    def checkout(self, success_url: str | None, cancel_url: str | None) -> Return:
        """Where a checkout returns to. Raises RedirectNotAllowed."""
        return Return(
            success_url=self.checked("success_url", success_url)
            or f"{self.home}/subscription/success?session_id={{CHECKOUT_SESSION_ID}}",
            cancel_url=self.checked("cancel_url", cancel_url) or f"{self.home}/subscription/cancel",
        )

    def portal(self, return_url: str | None) -> str:
        """Where the portal returns to. Raises RedirectNotAllowed."""
        return self.checked("return_url", return_url) or f"{self.home}/account"

    def checked(self, field: str, url: str | None) -> str | None:
        """The URL, if it is at an allowed origin. Raises RedirectNotAllowed."""
        if url is not None and not self._is_allowed(url):
            raise RedirectNotAllowed(field)
        return url

    def _is_allowed(self, url: str) -> bool:
        # Only visible ASCII, and no backslash: what browsers repair, they may repair into another origin.
        if not all("!" <= char <= "~" for char in url) or "\\" in url:
            return False
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        return f"{parts.scheme}://{parts.netloc}".lower() in self.origins


def redirects_of(settings: Settings) -> Redirects:
    """As the settings have it: the listed origins, the frontend's and our own."""
    own = {origin(settings.return_url), origin(settings.base_url)}
    return Redirects(settings.allowed_redirects | own, settings.return_url.rstrip("/"))
