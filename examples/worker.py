"""A worker of one's own: it runs the jobs of books on PostgreSQL, with pictures by one's own hand.

    pip install "billing-core[postgres]"
    export BILLING_DATABASE_URL=postgresql://… BILLING_JWT_SECRET=…      # the same as those who serve
    billing-core serve --no-jobs                    # somewhere
    python examples/worker.py                       # as many as you like, until SIGTERM

Whoever needs no generator of their own runs `billing-core worker`.
"""

import asyncio
import signal
from io import BytesIO

from attrs import frozen
from PIL import Image, ImageColor

from billing_core import Billing
from billing_core.ports.errors import ImageRefused
from billing_core.ports.images import ImageRequest, Made, Picture, Watch, unwatched


@frozen
class Paint:
    """An ImageGenerator: pictures of one colour, which the prompt names."""

    async def generate(self, request: ImageRequest, *, watch: Watch = unwatched) -> Made:
        """Raises ImageRefused for a prompt that names no colour: the customer gets the credits back."""
        width, height = (int(side) for side in request.size.split("x"))
        try:
            colour = ImageColor.getrgb(request.prompt)
        except ValueError as error:
            raise ImageRefused("no_colour", f"{request.prompt!r} is no colour") from error
        file = BytesIO()
        Image.new("RGB", (width, height), colour).save(file, "png")
        picture = Picture(content=file.getvalue(), format="png", width=width, height=height)
        return Made(pictures=(picture,) * request.n)


async def main() -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await Billing.work(stop, images=Paint())


if __name__ == "__main__":
    asyncio.run(main())
