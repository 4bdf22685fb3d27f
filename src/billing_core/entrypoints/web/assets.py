"""The style and the scripts of the pages: files of this package, named with a digest so that browsers may keep them."""

from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Final

from litestar import Controller, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
KEPT_FOR_A_YEAR = "public, max-age=31536000, immutable"

CONTENT: Final[Mapping[str, bytes]] = {
    file.name: file.read_bytes()
    for file in sorted((files(__package__) / "static").iterdir(), key=lambda file: file.name)
    if file.name.rpartition(".")[2] in TYPES
}
DIGESTS: Final[Mapping[str, str]] = {name: sha256(content).hexdigest()[:12] for name, content in CONTENT.items()}


def asset_path(name: str) -> str:
    """Where a file is found, as it is now."""
    return f"/static/{name}?v={DIGESTS[name]}"


class Assets(Controller):
    """`/static`"""

    path = "/static"
    include_in_schema = False

    @get("/{name:str}")
    async def show(self, name: FromPath[str], v: FromQuery[str] = "") -> Response[bytes]:
        """One file; kept by browsers where it was asked for by its digest."""
        if name not in CONTENT:
            raise NotFoundException()
        kept = KEPT_FOR_A_YEAR if v == DIGESTS[name] else "no-cache"
        return Response(CONTENT[name], media_type=TYPES[name.rpartition(".")[2]], headers={"Cache-Control": kept})
