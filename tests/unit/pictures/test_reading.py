"""Only a whole, still picture of a format that browsers show is read as one, and its size is its own."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from billing_core.adapters.pictures import NotAPicture, read_picture
from billing_core.adapters.pictures.reading import MOST_PIXELS

FORMATS = ("png", "jpeg", "webp")
PIL_MODES = (("1", "png"), ("L", "png"), ("LA", "png"), ("P", "png"), ("RGBA", "png"), ("I;16", "png"))
OTHER_MODES = (("L", "jpeg"), ("CMYK", "jpeg"), ("RGBA", "webp"))


def encoded(named: str, *, size: tuple[int, int] = (40, 30), mode: str = "RGB") -> bytes:
    content = BytesIO()
    Image.radial_gradient("L").resize(size).convert(mode).save(content, named.upper())
    return content.getvalue()


def moving(named: str) -> bytes:
    content = BytesIO()
    frames = [Image.new("RGB", (20, 20), (shade, 0, 0)) for shade in (0, 120, 240)]
    frames[0].save(content, named.upper(), save_all=True, append_images=frames[1:], duration=100)
    return content.getvalue()


def png_that_says(width: int, height: int) -> bytes:
    """A small file whose header promises that many pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(10_000))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


@pytest.mark.parametrize("named", FORMATS)
def test_a_picture_is_told_with_its_format_its_size_and_its_bytes_as_they_came(named: str) -> None:
    content = encoded(named)

    picture = read_picture(content)

    assert (content, named, 40, 30) == (picture.content, picture.format, picture.width, picture.height)


@pytest.mark.parametrize(("mode", "named"), PIL_MODES + OTHER_MODES)
def test_greys_palettes_transparency_and_printers_colours_are_pictures_too(mode: str, named: str) -> None:
    assert named == read_picture(encoded(named, mode=mode)).format


@pytest.mark.failure("F9")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG",
        b"\xff\xd8",
        b"<!doctype html><script>alert(1)</script>",
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
        b"%PDF-1.7",
        b'{"error": "no image for you"}',
        b"BM" + bytes(60),
        b" " + encoded("png"),
    ],
)
def test_what_does_not_begin_as_a_picture_is_none(content: bytes) -> None:
    with pytest.raises(NotAPicture, match="neither PNG, JPEG nor WebP"):
        read_picture(content)


@pytest.mark.failure("F9")
@pytest.mark.parametrize("named", ["gif", "bmp", "tiff", "ico", "tga", "ppm"])
def test_a_picture_of_a_format_that_we_do_not_serve_is_refused(named: str) -> None:
    with pytest.raises(NotAPicture):
        read_picture(encoded(named))


@pytest.mark.parametrize("named", FORMATS)
def test_a_picture_that_was_cut_off_anywhere_is_refused(named: str) -> None:
    whole = encoded(named, size=(20, 15))
    for length in range(len(whole) - 2):
        with pytest.raises(NotAPicture):
            read_picture(whole[:length])


@pytest.mark.parametrize("named", FORMATS)
def test_a_beginning_that_promises_and_a_rest_that_does_not_keep_it_is_refused(named: str) -> None:
    whole = encoded(named)

    with pytest.raises(NotAPicture):
        read_picture(whole[:16] + b"<script>alert(1)</script>" * 40)


def test_a_png_that_was_changed_on_its_way_is_refused() -> None:
    whole = bytearray(encoded("png"))
    whole[whole.index(b"IDAT") + 12] ^= 0xFF

    with pytest.raises(NotAPicture):
        read_picture(bytes(whole))


@pytest.mark.failure("F10")
@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (2**31 - 1, 1), (2**31 - 1, 2**31 - 1)])
def test_a_header_that_promises_too_many_pixels_is_refused_before_they_are_decoded(width: int, height: int) -> None:
    with pytest.raises(NotAPicture):
        read_picture(png_that_says(width, height))


def test_a_whole_picture_of_too_many_pixels_is_refused_too() -> None:
    with pytest.raises(NotAPicture, match="8193x4096 is more than 33554432 pixels"):
        read_picture(encoded("png", size=(8193, 4096), mode="1"))


def test_the_largest_picture_that_is_read_is_larger_than_any_that_is_asked_for() -> None:
    assert 4096 * 4096 < MOST_PIXELS


@pytest.mark.parametrize("named", ["png", "webp"])
def test_a_picture_that_moves_is_refused(named: str) -> None:
    with pytest.raises(NotAPicture, match="it moves"):
        read_picture(moving(named))


@pytest.mark.failure("F10")
@pytest.mark.parametrize("zip_bomb", ["zTXt", "iCCP"])
def test_a_note_that_unpacks_to_very_much_is_refused(zip_bomb: str) -> None:
    whole = encoded("png")
    kind, packed = zip_bomb.encode(), b"note\0\0" + zlib.compress(bytes(5_000_000))
    note = struct.pack(">I", len(packed)) + kind + packed + struct.pack(">I", zlib.crc32(kind + packed))
    after_header = 8 + 25

    with pytest.raises(NotAPicture):
        read_picture(whole[:after_header] + note + whole[after_header:])


def test_the_problem_quotes_nothing_of_what_came() -> None:
    with pytest.raises(NotAPicture) as refused:
        read_picture(b"\x89PNG\r\n\x1a\nsk_live_secret")

    assert "secret" not in str(refused.value)
