"""Real pictures, of the size that was asked for, in the formats that providers give."""

from functools import cache
from io import BytesIO

from PIL import Image

FORMATS = ("png", "jpeg", "webp")


@cache
def painted(size: str, format_: str = "png", shade: int = 0) -> bytes:
    """A picture in one colour; `shade` (0 to 255) tells pictures apart."""
    width, _, height = size.partition("x")
    image = Image.new("RGB", (int(width), int(height)), (shade, 120, 200 - shade // 2))
    content = BytesIO()
    image.save(content, format_.upper(), **({"compress_level": 1} if format_ == "png" else {}))
    return content.getvalue()
