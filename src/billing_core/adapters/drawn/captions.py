"""Words below a picture: what was asked for."""

import textwrap

from PIL import Image, ImageDraw

from billing_core.adapters.pictures.lettering import Font, font_of, height_of, printable

MOST_LINES = 4
MOST_LETTERS = 600
SMALLEST_TO_WRITE_ON = 48
NIGHT, CHALK, ASH = (8, 10, 20), (255, 255, 255), (205, 210, 225)


def caption(image: Image.Image, prompt: str, details: str) -> None:
    """The prompt in up to four lines on a dark band below, with the details under it. A tiny picture stays without."""
    width, height = image.size
    if min(width, height) < SMALLEST_TO_WRITE_ON:
        return
    large, small = font_of(min(width, height) / 22), font_of(min(width, height) / 40)
    margin = width / 20
    lines = _lines(printable(prompt[:MOST_LETTERS]), large, width - 2 * margin)
    step, last = height_of(large) * 1.25, height_of(small) * 1.4
    top = height - margin - step * len(lines) - last
    _shade(image, top - 2 * margin)
    draw = ImageDraw.Draw(image)
    for line in lines:
        draw.text((margin, top), line, font=large, fill=CHALK)
        top += step
    draw.text((margin, top + last * 0.2), printable(details), font=small, fill=ASH)


def _shade(image: Image.Image, top: float) -> None:
    """Darkens the picture from the top of the band downwards, so that chalk can be read on any hill."""
    width, height = image.size
    first = max(0, round(top))
    band = Image.linear_gradient("L").resize((width, max(1, height - first)))
    shade = band.point([min(215, 3 * grey) for grey in range(256)])
    image.paste(NIGHT, (0, first), shade)


def _lines(text: str, font: Font, width: float) -> list[str]:
    """As many words to a line as there is room for; what is too much ends in an ellipsis."""
    room = max(4, int(width * len(text) / max(1.0, font.getlength(text))))
    return textwrap.wrap(text, width=room, max_lines=MOST_LINES, placeholder=" …") or ["(no words)"]
