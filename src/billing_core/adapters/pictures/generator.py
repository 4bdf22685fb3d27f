"""An ImageGenerator in front of another, for plans whose pictures carry a mark."""

import asyncio

import anyio.to_thread
from attrs import define, evolve, field

from billing_core.adapters.pictures.marking import marked
from billing_core.adapters.pictures.reading import NotAPicture
from billing_core.ports.errors import OutcomeUnknown
from billing_core.ports.images import ImageGenerator, ImageRequest, Made, Picture, Watch, unwatched

# While it is marked, a picture of 4096x4096 takes 200 MB, and 400 MB as WebP.
AT_ONCE = 2


@define
class MarkedImages:
    """Marks what another generator makes, finished or not, where the request says so: with these words, visibly and
    in its notes. No picture that should carry a mark leaves without one. Marking takes a thread.
    """

    images: ImageGenerator
    text: str
    _room: asyncio.Semaphore = field(init=False, factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def generate(self, request: ImageRequest, *, watch: Watch = unwatched) -> Made:
        """Raises what the other one raises; OutcomeUnknown too, where what it made is no picture."""
        if not request.watermark:
            return await self.images.generate(request, watch=watch)
        made = await self.images.generate(request, watch=self._marking(watch))
        try:
            return evolve(made, pictures=tuple([await self._marked(picture) for picture in made.pictures]))
        except NotAPicture as error:
            raise OutcomeUnknown("marking a picture") from error

    def _marking(self, watch: Watch) -> Watch:
        async def marking(picture: Picture) -> None:
            try:
                seen = await self._marked(picture)
            except NotAPicture:
                return  # the finished one is still to come
            await watch(seen)

        return unwatched if watch is unwatched else marking

    async def _marked(self, picture: Picture) -> Picture:
        async with self._room:
            return await anyio.to_thread.run_sync(marked, picture.content, self.text)
