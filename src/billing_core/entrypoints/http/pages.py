"""The few pages that a customer of a bare server comes to. They run no script."""

from html import escape

from litestar import Controller, MediaType, Response, get

from billing_core.entrypoints.settings import Settings

CSS = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem; color: #222; }
label { display: block; margin: 1rem 0 .25rem; }
input { font: inherit; padding: .5rem; width: 100%; box-sizing: border-box; }
button { font: inherit; margin: 1rem .5rem 0 0; padding: .5rem 1rem; }
.problem { color: #a00; }
"""


def page(title: str, body: str, settings: Settings, *, status: int = 200) -> Response[str]:
    """A whole page. `body` is HTML: what comes from outside is escaped before it gets here."""
    # A browser holds a form's redirect to form-action too, so the origins that a checkout may return to are named.
    origins = " ".join(sorted(settings.allowed_redirects | {settings.return_url, settings.base_url}))
    policy = (
        f"default-src 'none'; style-src 'self'; form-action 'self' {origins}; base-uri 'none'; frame-ancestors 'none'"
    )
    html = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="stylesheet" href="/plain.css">
</head>
<body>
<h1>{escape(title)}</h1>
{body}
</body>
</html>
"""
    headers = {"Content-Security-Policy": policy}
    return Response(html, media_type=MediaType.HTML, status_code=status, headers=headers)


class Pages(Controller):
    """Where a customer arrives, and comes back to from a checkout."""

    path = "/"
    include_in_schema = False

    @get("/plain.css", media_type="text/css")
    async def css(self) -> str:
        return CSS
