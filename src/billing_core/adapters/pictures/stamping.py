"""What a mark looks like: its words in slanted rows over the whole picture, and once more on a badge in a corner.

White letters with a soft dark edge are seen on light and on dark. The rows are faint, so that the picture can be
judged, and close, so that no part of it that is worth having is without them; the badge says them plainly.
All sizes follow the shorter side. Each stamp is laid by itself: no second picture of full size is ever in memory.
"""

import math
from collections.abc import Iterator

from PIL import Image, ImageDraw, ImageFilter

from billing_core.adapters.pictures.lettering import SMALLEST, font_of, height_of, printable

SLANT = 30  # degrees
ROW_LETTERS, BADGE_LETTERS = 1 / 22, 1 / 34  # of the shorter side
LINE_SPACING, GAP = 4.0, 2.2  # in letters
ROW_INK, ROW_EDGE = 0.38, 0.36  # how much of the picture they cover
BADGE_INK, BADGE_GROUND = (255, 255, 255, 255), (12, 14, 24, 195)
SMALLEST_TO_WRITE_ON = 24
DRAWN_LARGER = 4  # the badge's corners are drawn that much larger and shrunk: they are smooth


def stamp(image: Image.Image, words: str) -> None:
    """Marks an RGB or RGBA picture. One with a side below 24 pixels has no room for words, and stays as it is."""
    shorter = min(image.size)
    if shorter < SMALLEST_TO_WRITE_ON:
        return
    _lay_rows(image, printable(words), max(SMALLEST, shorter * ROW_LETTERS))
    badge = _badge(printable(words), max(SMALLEST, shorter * BADGE_LETTERS))
    margin = round(shorter / 32)
    if badge.width + 2 * margin <= image.width:
        _lay(image, badge, image.width - margin - badge.width, margin)


def _lay_rows(image: Image.Image, words: str, size: float) -> None:
    row = _row(words, size)
    across = font_of(size).getlength(words) + GAP * size
    for x, y in _bricks(image.size, across, LINE_SPACING * size):
        left, top = round(x - row.width / 2), round(y - row.height / 2)
        if -row.width < left < image.width and -row.height < top < image.height:
            _lay(image, row, left, top)


def _bricks(size: tuple[int, int], across: float, down: float) -> Iterator[tuple[float, float]]:
    """The middles of slanted bricks, every second course moved by half, from the picture's middle to its corners."""
    slant, reach = math.radians(SLANT), math.hypot(*size) / 2 + across
    for course in range(-math.ceil(reach / down), math.ceil(reach / down) + 1):
        for brick in range(-math.ceil(reach / across), math.ceil(reach / across) + 1):
            along, beside = (brick + course % 2 / 2) * across, course * down
            yield (
                size[0] / 2 + along * math.cos(slant) + beside * math.sin(slant),
                size[1] / 2 - along * math.sin(slant) + beside * math.cos(slant),
            )


def _lay(image: Image.Image, stamped: Image.Image, x: int, y: int) -> None:
    if image.mode == "RGB":
        image.paste(stamped, (x, y), stamped)
        return
    below = image.crop((x, y, x + stamped.width, y + stamped.height))
    image.paste(Image.alpha_composite(below, stamped), (x, y))


def _row(words: str, size: float) -> Image.Image:
    """The words once, slanted: what is white, and around it what is dark."""
    font = font_of(size)
    edge = max(1.0, size / 14)
    room = (round(font.getlength(words) + 8 * edge), round(height_of(font) + 8 * edge))
    letters, around = Image.new("L", room), Image.new("L", room)
    middle = (room[0] / 2, room[1] / 2)
    ImageDraw.Draw(letters).text(middle, words, font=font, fill=255, anchor="mm")
    ImageDraw.Draw(around).text(middle, words, font=font, fill=255, anchor="mm", stroke_width=round(edge))
    light = letters.rotate(SLANT, Image.Resampling.BICUBIC, expand=True)
    dark = around.filter(ImageFilter.GaussianBlur(edge * 0.7)).rotate(SLANT, Image.Resampling.BICUBIC, expand=True)
    row = Image.merge("RGBA", (light, light, light, dark.point([round(ROW_EDGE * grey) for grey in range(256)])))
    row.paste((255, 255, 255, round(255 * ROW_INK)), (0, 0, row.width, row.height), light)
    return row


def _badge(words: str, size: float) -> Image.Image:
    """The words once, upright, on a dark ground with round ends."""
    font = font_of(size)
    height = round(height_of(font) * 1.9)
    width = round(font.getlength(words)) + height
    larger = Image.new("L", (width * DRAWN_LARGER, height * DRAWN_LARGER))
    ImageDraw.Draw(larger).rounded_rectangle(
        (0, 0, larger.width - 1, larger.height - 1), radius=larger.height // 2, fill=BADGE_GROUND[3]
    )
    badge = Image.new("RGBA", (width, height), BADGE_GROUND)
    badge.putalpha(larger.resize(badge.size, Image.Resampling.BOX))
    ImageDraw.Draw(badge).text((width / 2, height / 2), words, font=font, fill=BADGE_INK, anchor="mm")
    return badge
