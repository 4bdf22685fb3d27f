"""Pictures that marks and readers are tried on."""

from io import BytesIO
from random import Random
from typing import Any

from PIL import Image, ImageDraw


def plain(size: tuple[int, int], colour: str) -> Image.Image:
    return Image.new("RGB", size, colour)


def busy(size: tuple[int, int]) -> Image.Image:
    """Noise with a hundred coloured discs on it."""
    random = Random(1)
    image = Image.effect_noise(size, 90).convert("RGB")
    draw = ImageDraw.Draw(image)
    for _ in range(100):
        x, y, reach = random.random() * size[0], random.random() * size[1], random.random() * min(size) / 6
        draw.ellipse((x, y, x + reach, y + reach), fill=tuple(random.randrange(256) for _ in range(3)))
    return image


def soft(size: tuple[int, int] = (256, 256), mode: str = "RGB") -> Image.Image:
    return Image.radial_gradient("L").resize(size).convert(mode)


def encoded(image: Image.Image, named: str, **options: Any) -> bytes:
    content = BytesIO()
    image.save(content, named.upper(), **options)
    return content.getvalue()


def decoded(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image
