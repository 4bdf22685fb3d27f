"""One generation: how far it has come, then its pictures and what its owner may do with them."""

from datetime import timedelta
from urllib.parse import quote

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from billing_core.application.errors import GenerationNotFound, ImageNotFound
from billing_core.application.progress import steps_of
from billing_core.domain.account_at import AccountAt
from billing_core.domain.errors import IllegalTransition, NotEntitled
from billing_core.domain.generation import Generation, Image
from billing_core.entrypoints.http import given
from billing_core.entrypoints.http.images import headers_of, picture
from billing_core.entrypoints.web.choosing import higher
from billing_core.entrypoints.web.denying import refused
from billing_core.entrypoints.web.generating import may_be_private
from billing_core.entrypoints.web.giving import Filled, Page
from billing_core.entrypoints.web.tiles import path_of, short
from billing_core.ports.generations import Generations, Progress

LONGEST_NAME = 60


class GenerationPages(Controller):
    """`/generations/{id}`"""

    path = "/generations/{generation_id:str}"
    include_in_schema = False

    @get("/")
    async def show(
        self,
        *,
        web: Page,
        generation_id: FromPath[str],
        caller: given.Caller,
        viewing: given.Viewing,
        generations: given.Generations,
        links: given.Links,
    ) -> Response[str]:
        """Its owner's view. Raises GenerationNotFound, also for what is another's."""
        progress = await generations.progress(caller.account_id, generation_id)
        if progress is None:
            raise GenerationNotFound(generation_id)
        held, generation = await viewing(caller.account_id), progress.generation
        return web.page(
            "generation.html",
            generation=generation,
            is_ended=generation.status.is_terminal,
            is_covered=is_covered(held, generation),
            seconds=seconds_of(generation),
            pictures=[(image, links.image(image.id).url) for image in generation.images],
            unfinished=unfinished(progress, links),
            events_url=links.events(generation),
            may_be_private=may_be_private(held),
            keeps_private=higher(held, lambda plan: bool(plan.entitlements.get("private_history"))),
            unmarked=higher(held, lambda plan: not plan.watermark),
            short=short(generation.prompt, 60),
        )

    @post("/cancel")
    async def cancel(
        self,
        web: Page,
        generation_id: FromPath[str],
        caller: given.Caller,
        canceling_generation: given.CancelingGeneration,
    ) -> Redirect:
        """Cancels it, if it still waits."""
        try:
            await canceling_generation(caller.account_id, generation_id)
        except IllegalTransition:
            return web.see(path_of(generation_id), problem="It was under way already, so it could not be canceled.")
        return web.see(path_of(generation_id))


class PicturePages(Controller):
    """`/pictures/{id}`: what is done with one picture. Raises ImageNotFound for what is another's."""

    path = "/pictures/{image_id:str}"
    include_in_schema = False

    @get("/file", media_type="image/*")
    async def save(
        self,
        *,
        web: Page,
        image_id: FromPath[str],
        showing: given.Showing,
        generations: given.Generations,
    ) -> Response[bytes]:
        """The picture as a file: for its owner, or, of a public one, for anyone."""
        viewer = web.caller.account_id if web.caller else ""
        image = await showing.image(image_id, viewer=viewer, signed=False)
        generation = await generations.get(viewer, image.generation_id)
        name = file_name(generation.prompt if generation else "", image)
        saved = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
        headers = headers_of(image.id, image.format) | saved
        return picture(await showing.content(image), image.format, headers)

    @post("/privacy")
    async def hide(
        self,
        *,
        web: Page,
        image_id: FromPath[str],
        form: Filled,
        caller: given.Caller,
        generations: given.Generations,
        hiding: given.Hiding,
    ) -> Redirect:
        """Private where the form says so, else public."""
        image = await own(generations, caller.account_id, image_id)
        try:
            changed = await hiding(caller.account_id, image_id, private=form.get("private") == "true")
        except NotEntitled as error:
            return web.see(path_of(image.generation_id), problem=refused(error).text)
        said = "Only you can see it now." if changed.private else "Everybody can see it in the gallery now."
        return web.see(path_of(changed.generation_id), said=said)

    @post("/delete")
    async def delete(
        self,
        *,
        web: Page,
        image_id: FromPath[str],
        caller: given.Caller,
        generations: given.Generations,
        hiding: given.Hiding,
    ) -> Redirect:
        """Deletes it for good."""
        image = await own(generations, caller.account_id, image_id)
        await hiding.delete(caller.account_id, image_id)
        return web.see(path_of(image.generation_id), said="The picture is deleted.")


async def own(generations: Generations, account_id: str, image_id: str) -> Image:
    """The account's picture. Raises ImageNotFound."""
    image = await generations.image(image_id)
    if image is None or image.account_id != account_id:
        raise ImageNotFound(image_id)
    return image


def unfinished(progress: Progress, links: given.Links) -> str:
    """Where the latest unfinished picture is; empty where there is none."""
    seen = [step.partial for step in steps_of(progress) if step.partial is not None]
    return links.partial(progress.generation, seen[-1]).url if seen else ""


def is_covered(held: AccountAt, generation: Generation) -> bool:
    """Whether it takes no credits while it is made, under an unlimited plan."""
    hold = held.account.book.hold(generation.id)
    return hold is not None and hold.covered


def seconds_of(generation: Generation) -> int:
    """How long it took from being asked for to its end, rounded up."""
    ended_at = generation.ended_at or generation.created_at
    return -(-(ended_at - generation.created_at) // timedelta(seconds=1))


def file_name(prompt: str, image: Image) -> str:
    """What the picture is called as a file: the first words that it was made from, where they are known."""
    words = "".join(char if char.isalnum() else " " for char in prompt[:LONGEST_NAME].lower()).split()
    name = "-".join(words) or "picture"
    return f"{name}.{image.format}"
