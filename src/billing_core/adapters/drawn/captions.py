"""Words on a picture: what was asked for, and the watermark. The font is the one that Pillow brings along."""

import string
import textwrap
import unicodedata

from PIL import Image, ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

MOST_LINES = 4
MOST_LETTERS = 600
DASHES_AND_QUOTES = {"\u2013": "-", "\u2014": "-", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'}
SPELLED = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "ł": "l", **DASHES_AND_QUOTES})
IN_THE_FONT = frozenset(string.ascii_letters + string.digits + string.punctuation + " ·")
SMALLEST_TO_WRITE_ON = 48
NIGHT, CHALK, ASH = (8, 10, 20), (255, 255, 255), (205, 210, 225)


def caption(image: Image.Image, prompt: str, details: str) -> None:
    """The prompt in up to four lines on a dark band below, with the details under it. A tiny picture stays without."""
    width, height = image.size
    if min(width, height) < SMALLEST_TO_WRITE_ON:
        return
    large, small = _font(min(width, height) / 22), _font(min(width, height) / 40)
    margin = width / 20
    lines = _lines(_printable(prompt), large, width - 2 * margin)
    step, last = _height(large) * 1.25, _height(small) * 1.4
    top = height - margin - step * len(lines) - last
    _shade(image, top - 2 * margin)
    draw = ImageDraw.Draw(image)
    for line in lines:
        draw.text((margin, top), line, font=large, fill=CHALK)
        top += step
    draw.text((margin, top + last * 0.2), _printable(details), font=small, fill=ASH)


def watermark(image: Image.Image, words: str) -> None:
    """The words across the picture, again and again, seen but seen through."""
    width, height = image.size
    font = _font(max(8.0, min(width, height) / 18))
    ink = Image.new("L", image.size)
    draw = ImageDraw.Draw(ink)
    wide, high = font.getlength(words) * 1.25, _height(font) * 4
    rows = max(1, round(height / high))
    for row in range(rows):
        y = height * (row + 0.5) / rows - _height(font) / 2
        x = -wide * (0.5 if row % 2 else 0.0)
        while x < width:
            draw.text((x, y), words, font=font, fill=110)
            x += wide
    image.paste(CHALK, (0, 0, width, height), ink)


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


def _printable(text: str) -> str:
    """The text in the letters that the font has: without accents, and a dot for each letter of another script."""
    plain = unicodedata.normalize("NFKD", text[:MOST_LETTERS].translate(SPELLED))
    letters = (each for each in plain if not unicodedata.combining(each))
    return "".join(each if each in IN_THE_FONT else " " if each.isspace() else "·" for each in letters)


def _font(size: float) -> Font:
    return ImageFont.load_default(max(8.0, size))


def _height(font: Font) -> float:
    _, top, _, bottom = font.getbbox("Ág")
    return bottom - top
