"""The gallery: everybody's public pictures, one's own, and one public picture on its own page."""

from typing import Annotated, Any, Literal

from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery, QueryParameter

from billing_core.entrypoints.http import given
from billing_core.entrypoints.web.giving import Page
from billing_core.entrypoints.web.tiles import path_of, public_tile, tiles_of

AT_ONCE = 24
OWN_AT_ONCE = 12
"""Generations, each of several pictures."""

Cursor = Annotated[str | None, QueryParameter(max_length=255)]


class Gallery(Controller):
    """`/gallery`"""

    path = "/gallery"
    include_in_schema = False

    @get("/")
    async def browse(
        self,
        *,
        web: Page,
        generations: given.Generations,
        links: given.Links,
        whose: FromQuery[Literal["everyone", "mine"]] = "everyone",
        cursor: Cursor = None,
    ) -> Response[str]:
        """Newest first. One's own need signing in."""
        if whose == "mine":
            own = await generations.page(web.signed_in.account_id, limit=OWN_AT_ONCE, cursor=cursor)
            tiles = [tile for generation in own.items for tile in tiles_of(generation, links)]
            next_cursor = own.next_cursor
        else:
            public = await generations.gallery(limit=AT_ONCE, cursor=cursor)
            tiles = [public_tile(image, links) for image in public.items]
            next_cursor = public.next_cursor
        return web.page("gallery.html", tiles=tiles, whose=whose, is_first=cursor is None, next_cursor=next_cursor)

    @get("/{image_id:str}")
    async def show(
        self, web: Page, image_id: FromPath[str], showing: given.Showing, links: given.Links
    ) -> Response[Any]:
        """One public picture; its owner is led to the page of its generation. Raises ImageNotFound."""
        viewer = web.caller.account_id if web.caller else None
        image = await showing.image(image_id, viewer=viewer, signed=False)
        if image.account_id == viewer:
            return web.see(path_of(image.generation_id))
        return web.page("picture.html", image=image, tile=public_tile(image, links))
