"""Who looks at the pages without a browser: cookies, forms, and what stands on the page as plain text."""

import re
from html import unescape

from attrs import frozen
from httpx import Response

from tests.shops.http import Shop


@frozen
class Visitor:
    """The pages of a shop, through one set of cookies."""

    shop: Shop

    async def sign_in(self, account: str) -> None:
        answer = await self.send("/signin", token=self.shop.bearer(account)["Authorization"].removeprefix("Bearer "))
        assert 303 == answer.status_code, answer.text

    async def see(self, path: str) -> Response:
        return await self.shop.client.get(path, follow_redirects=False)

    async def send(self, path: str, **fields: str) -> Response:
        """A form, with what keeps other sites from sending it. Where it leads to is not followed."""
        return await self.shop.fill(path, fields, follow_redirects=False)


def text_of(answer: Response) -> str:
    """What can be read on the page, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def paths_in(answer: Response, pattern: str) -> list[str]:
    """The addresses on the page that look like that, each once, in their order."""
    found = re.findall(rf'(?:href|src|action|data-events)="({pattern})"', answer.text)
    return [unescape(path) for path in dict.fromkeys(found)]
