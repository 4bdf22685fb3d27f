"""How a picture looks while it is being made: first its colours, then its shapes."""

from collections.abc import Iterator

from PIL import Image

# How many spots of colour the longer side has, at each stage; the spots flow into each other.
SPOTS = (8, 22, 64)
LONGEST_SIDE = 512


def unfinished(image: Image.Image) -> Iterator[Image.Image]:
    """The stages, each of the picture's shape and at most 512 pixels long."""
    shown = _within(image.size, LONGEST_SIDE)
    for spots in SPOTS:
        yield image.resize(_within(image.size, spots), Image.Resampling.BOX).resize(shown, Image.Resampling.BICUBIC)


def _within(size: tuple[int, int], longest: int) -> tuple[int, int]:
    shrink = min(1.0, longest / max(size))
    return max(1, round(size[0] * shrink)), max(1, round(size[1] * shrink))
