"""A sky, a sun and hills behind hills, all decided by a seed."""

import colorsys
import math
from hashlib import sha256
from random import Random

from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]

# A better quality has more hills, each a little closer.
RIDGES = {"low": 3, "standard": 4, "medium": 5, "high": 7, "hd": 7}
# Of the sky above, round the circle of colours: from teal by blue and purple to red. A green sky is seen nowhere.
HUES = (0.5, 1.02)
# Hills are drawn at most this large and then scaled: a poster of 4096x4096 is soft, but takes no second to draw.
DRAWN_AT_MOST = 2048


def landscape(size: tuple[int, int], *, seed: str, quality: str) -> Image.Image:
    """An RGB picture of exactly that size; the same arguments give the same picture."""
    random = Random(sha256(seed.encode("utf-8", "surrogatepass")).digest())
    hue = random.uniform(*HUES)
    shrink = min(1.0, DRAWN_AT_MOST / max(size))
    canvas = (max(1, round(size[0] * shrink)), max(1, round(size[1] * shrink)))
    image = _sky(canvas, hue, random)
    _sun(image, hue, random)
    for ridge in range(count := RIDGES.get(quality, 4)):
        _hills(image, hue, (ridge + 1) / count, random)
    return image if canvas == size else image.resize(size, Image.Resampling.BICUBIC)


def _sky(size: tuple[int, int], hue: float, random: Random) -> Image.Image:
    """Nine colours, blended smoothly: dark above, warm at the horizon."""
    seeds = Image.new("RGB", (3, 3))
    for y, (saturation, value) in enumerate(((0.65, 0.35), (0.55, 0.75), (0.45, 0.98))):
        for x in range(3):
            seeds.putpixel((x, y), _colour(hue + 0.09 * y + random.uniform(-0.05, 0.05), saturation, value))
    return seeds.resize(size, Image.Resampling.BICUBIC)


def _sun(image: Image.Image, hue: float, random: Random) -> None:
    width, height = image.size
    radius = min(width, height) * random.uniform(0.06, 0.12)
    x, y = width * random.uniform(0.2, 0.8), height * random.uniform(0.2, 0.45)
    light = Image.new("L", image.size)
    draw = ImageDraw.Draw(light)
    for reach, strength in ((2.2, 50), (1.5, 90), (1.0, 255)):
        box = (x - radius * reach, y - radius * reach, x + radius * reach, y + radius * reach)
        draw.ellipse(box, fill=strength)
    light = light.filter(ImageFilter.GaussianBlur(max(1.0, radius / 25)))
    image.paste(_colour(hue + 0.22, 0.18, 1.0), (0, 0, width, height), light)


def _hills(image: Image.Image, hue: float, closeness: float, random: Random) -> None:
    """One ridge: three waves laid over each other; the closer, the lower on the picture and the darker."""
    width, height = image.size
    waves = [(random.uniform(0.6, 1.4) * 2**n, random.uniform(0, math.tau), 0.5**n) for n in range(3)]
    level, swing = height * (0.42 + 0.38 * closeness), height * 0.07
    step = max(1, width // 256)
    line = [(x, level + swing * _wave(waves, x / width)) for x in range(0, width + step, step)]
    # Drawn on a mask of twice the size and shrunk: the edge is smooth.
    mask = Image.new("L", (width * 2, height * 2))
    outline = [(x * 2, y * 2) for x, y in line]
    ImageDraw.Draw(mask).polygon([(0, height * 2), *outline, (width * 2, height * 2)], fill=255)
    colour = _colour(hue + 0.16 * (1 - closeness), 0.35 + 0.3 * closeness, 0.72 - 0.55 * closeness)
    image.paste(colour, (0, 0, width, height), mask.resize(image.size, Image.Resampling.BOX))


def _wave(waves: list[tuple[float, float, float]], at: float) -> float:
    return sum(height * math.sin(math.tau * often * at + phase) for often, phase, height in waves)


def _colour(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)
