"""Words in the one font that is always there: the one that Pillow brings along."""

import string
import unicodedata

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

SMALLEST = 8.0
DASHES_AND_QUOTES = {"\u2013": "-", "\u2014": "-", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'}
SPELLED = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "ł": "l", **DASHES_AND_QUOTES})
IN_THE_FONT = frozenset(string.ascii_letters + string.digits + string.punctuation + " ·")


def printable(text: str) -> str:
    """The text in the letters that the font has: without accents, and a dot for each letter of another script."""
    plain = unicodedata.normalize("NFKD", text.translate(SPELLED))
    letters = (each for each in plain if not unicodedata.combining(each))
    return "".join(each if each in IN_THE_FONT else " " if each.isspace() else "·" for each in letters)


def font_of(size: float) -> Font:
    """`size` in pixels; what is smaller than `SMALLEST` could not be read."""
    return ImageFont.load_default(max(SMALLEST, size))


def height_of(font: Font) -> float:
    """In pixels, from the accent of a capital to the tail of a letter."""
    _, top, _, bottom = font.getbbox("Ág")
    return bottom - top
