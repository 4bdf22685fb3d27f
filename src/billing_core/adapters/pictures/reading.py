"""From bytes to a picture. Nothing that is kept or served has come by another way.

What a provider, or an address that it names, answers is hostile until it has been decoded whole: it may be a page, a
drawing with scripts in it, half a file, or a small file that unpacks to gigabytes.
"""

import re
from io import BytesIO

from attrs import define
from PIL import Image
from PIL.ImageFile import ImageFile

from billing_core.domain.errors import PortFailure
from billing_core.ports.images import Picture

FORMATS = {
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "jpeg": re.compile(rb"\xff\xd8\xff"),
    "webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}
# Twice 4096x4096: more than any model draws, and 130 MB when decoded.
MOST_PIXELS = 2**25
PNG_ENDS = b"IEND\xaeB`\x82"


@define(str=False)
class NotAPicture(PortFailure):
    """The bytes are no picture that we keep. `problem` quotes none of them."""

    problem: str

    def __str__(self) -> str:
        return f"not a picture: {self.problem}"


def read_picture(content: bytes) -> Picture:
    """The picture that these bytes are: PNG, JPEG or WebP, by what they begin with and never by what anybody calls
    them; complete, of one frame, and of at most `MOST_PIXELS`, which is known before any pixel is decoded.

    Decoding takes a few milliseconds a megapixel: call it in a thread. Raises: NotAPicture.
    """
    image = opened(content)
    width, height = image.size
    return Picture(content=content, format=format_of(content), width=width, height=height)


def format_of(content: bytes) -> str:
    """`png`, `jpeg` or `webp`. Raises: NotAPicture."""
    found = [name for name, magic in FORMATS.items() if magic.match(content)]
    if not found:
        raise NotAPicture("it is neither PNG, JPEG nor WebP")
    return found[0]


def opened(content: bytes) -> ImageFile:
    """The same picture, decoded. Raises: NotAPicture."""
    image = opened_unread(content)
    try:
        image.load()
    except Exception as error:  # decoders fail on hostile bytes in every way that Python knows
        raise NotAPicture("it cannot be decoded") from error
    if image.format == "PNG" and PNG_ENDS not in content:
        raise NotAPicture("it is cut off")  # all its pixels may be there, but not what the sender sent
    return image


def opened_unread(content: bytes) -> ImageFile:
    """The same picture, of which only what stands before its pixels has been read. Raises: NotAPicture."""
    named = format_of(content)
    try:
        image = Image.open(BytesIO(content), formats=[named.upper()])
        moves = getattr(image, "is_animated", False)
    except Exception as error:  # as above
        raise NotAPicture("it cannot be decoded") from error
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise NotAPicture(f"{width}x{height} is more than {MOST_PIXELS} pixels")
    # A JPEG's further images are a thumbnail or a depth map, which nobody shows.
    if moves and named != "jpeg":
        raise NotAPicture("it moves")
    return image
