"""Pictures side by side, each leading to its own page."""

from urllib.parse import quote

from attrs import frozen

from billing_core.domain.generation import Generation, GenerationStatus, Image
from billing_core.entrypoints.http.signing import Links
from billing_core.entrypoints.web.wording import times

SHORT = 120

STATES = {
    GenerationStatus.QUEUED: "Waiting in line",
    GenerationStatus.RUNNING: "Being made",
    GenerationStatus.SUCCEEDED: "Deleted",
    GenerationStatus.FAILED: "Not made",
    GenerationStatus.REFUSED: "Not made",
    GenerationStatus.CANCELED: "Canceled",
}
"""What stands in place of a picture that is not there."""


@frozen(kw_only=True)
class Tile:
    """One picture, or what became of it. `path` is a page of ours; `src` is empty where there is no picture."""

    path: str
    words: str
    image: Image | None = None
    src: str = ""
    state: str = ""
    is_under_way: bool = False


def tiles_of(generation: Generation, links: Links) -> tuple[Tile, ...]:
    """The owner's view: a tile for each picture, or one that says why there is none."""
    path, words = path_of(generation.id), short(generation.prompt)
    if not generation.images:
        state, is_under_way = STATES[generation.status], not generation.status.is_terminal
        return (Tile(path=path, words=words, state=state, is_under_way=is_under_way),)
    return tuple(
        Tile(path=path, words=words, image=image, src=links.image(image.id).url) for image in generation.images
    )


def public_tile(image: Image, links: Links) -> Tile:
    """Anybody's view, who does not know from which words it was made."""
    words = f"A picture of {times(f'{image.width}x{image.height}')}"
    return Tile(
        path=f"/gallery/{quote(image.id, safe='')}", words=words, image=image, src=links.public_image(image.id).url
    )


def path_of(generation_id: str) -> str:
    """The page of one generation."""
    return f"/generations/{quote(generation_id, safe='')}"


def short(text: str, most: int = SHORT) -> str:
    """The text on one line, cut where it is too long for one."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
