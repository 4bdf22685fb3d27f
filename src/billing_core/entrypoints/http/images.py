"""Pictures: their bytes, who may see them, and the gallery of public ones."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, delete, get, patch
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from billing_core.domain.generation import Image
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.auth import AUTH, NONE, OPTIONAL, SCOPE, Caller
from billing_core.entrypoints.http.bodies import Body
from billing_core.entrypoints.http.credits import Cursor, Limit
from billing_core.entrypoints.http.shapes import ImageShape, image_of, problems
from billing_core.ports.api_keys import Scope

# Whatever a provider made, it is shown as one of these or not shown at all.
CONTENT_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
PUBLIC_CACHE = "public, max-age=300"
PRIVATE_CACHE = "private, max-age=3600"


class ImageBody(Body):
    """Who may see it."""

    private: bool


class GalleryShape(msgspec.Struct, kw_only=True):
    """A page of public pictures, newest first."""

    data: list[ImageShape]
    next_cursor: str | None


class Images(Controller):
    """`/images` and `/gallery`"""

    path = "/"
    tags = ("Images",)

    @get(
        "/images/{image_id:str}",
        opt={AUTH: OPTIONAL, SCOPE: Scope.READ},
        media_type="image/*",
        responses={
            200: ResponseSpec(bytes, generate_examples=False, description="The picture", media_type="image/*"),
            304: ResponseSpec(None, description="It is what the client has (`If-None-Match`)"),
            **problems(401, 404, 422),
        },
    )
    async def show(
        self,
        *,
        request: Request[Any, Any, Any],
        image_id: FromPath[str],
        showing: given.Showing,
        links: given.Links,
        expires: Annotated[int | None, QueryParameter(ge=0, le=2**40)] = None,
        signature: Annotated[str | None, QueryParameter(max_length=128)] = None,
    ) -> Response[bytes]:
        """The bytes: for the owner, for who has a signed link, or, of a public picture, for anyone."""
        viewer = request.user.account_id if isinstance(request.user, Caller) else None
        signed = links.is_signed(image_id, expires, signature)
        image = await showing.image(image_id, viewer=viewer, signed=signed)
        headers = headers_of(image.id, image.format) | caching_of(image)
        if is_known(headers["ETag"], request.headers.getall("if-none-match", [])):
            return Response(b"", headers=headers, status_code=304)
        return picture(await showing.content(image), image.format, headers)

    @patch("/images/{image_id:str}", responses=problems(401, 403, 404, 422))
    async def change(
        self,
        image_id: FromPath[str],
        data: JSONBody[ImageBody],
        caller: given.Caller,
        hiding: given.Hiding,
        links: given.Links,
    ) -> ImageShape:
        """Makes it private or public."""
        return image_of(await hiding(caller.account_id, image_id, private=data.private), links)

    @delete("/images/{image_id:str}", responses=problems(401, 404))
    async def delete(self, image_id: FromPath[str], caller: given.Caller, hiding: given.Hiding) -> None:
        """Deletes it for good."""
        await hiding.delete(caller.account_id, image_id)

    @get("/gallery", opt={AUTH: NONE}, responses=problems(422))
    async def gallery(
        self, generations: given.Generations, links: given.Links, limit: Limit = 20, cursor: Cursor = None
    ) -> GalleryShape:
        """Everybody's public pictures, newest first."""
        page = await generations.gallery(limit=limit, cursor=cursor)
        shown = [image_of(image, links, public=True) for image in page.items]
        return GalleryShape(data=shown, next_cursor=page.next_cursor)


def picture(content: bytes, format_: str, headers: Mapping[str, str]) -> Response[bytes]:
    """The bytes as their own type."""
    return Response(content, headers=headers, media_type=CONTENT_TYPES.get(format_, "application/octet-stream"))


def caching_of(image: Image) -> dict[str, str]:
    """Its bytes never change. Who may see it does, so it is asked for again after a while."""
    return {"Cache-Control": PRIVATE_CACHE if image.private else PUBLIC_CACHE, "ETag": f'"{image.id}"'}


def is_known(etag: str, sent: Iterable[str]) -> bool:
    """Whether the client has these bytes: `If-None-Match` names them, be it weakly, or any."""
    named = {tag.strip().removeprefix("W/") for value in sent for tag in value.split(",")}
    return not named.isdisjoint({etag, "*"})


def headers_of(name: str, format_: str) -> dict[str, str]:
    """Shown if it is a bitmap, downloaded if it is anything else; and never with a right to do anything."""
    is_shown = format_ in CONTENT_TYPES
    name = f"{name}.{format_}" if is_shown else name
    return {
        "Content-Disposition": f'{"inline" if is_shown else "attachment"}; filename="{name}"',
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    }
