"""A marked picture says so to the eye, everywhere, and to a program; otherwise it is the picture that it was."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from billing_core.adapters.pictures import NotAPicture, mark_of, read_picture
from billing_core.adapters.pictures.marking import marked
from billing_core.adapters.pictures.stamping import stamp
from tests.unit.pictures.samples import busy, decoded, encoded, plain, soft

WORDS = "Made with a free plan"
FORMATS = ("png", "jpeg", "webp")
RIGHTS = "{http://ns.adobe.com/xap/1.0/rights/}"
SCENES = {
    "white": plain((512, 512), "white"),
    "black": plain((512, 512), "black"),
    "grey": plain((512, 512), "grey"),
    "red": plain((512, 512), "red"),
    "busy": busy((512, 512)),
}


def difference(before: Image.Image, after: Image.Image) -> Image.Image:
    return ImageChops.difference(before.convert("RGB"), after.convert("RGB")).convert("L")


@pytest.mark.parametrize("named", FORMATS)
def test_format_and_size_are_kept(named: str) -> None:
    picture = marked(encoded(soft((300, 200)), named), WORDS)

    assert (named, 300, 200) == (picture.format, picture.width, picture.height)
    assert read_picture(picture.content) == picture


@pytest.mark.parametrize("named", FORMATS)
@pytest.mark.parametrize("words", [WORDS, 'Café "Ölüm" <b>&\'</b>', "免费", "a" * 300])
def test_a_program_reads_the_words_as_they_were_given(named: str, words: str) -> None:
    assert words == mark_of(marked(encoded(soft(), named), words).content)


@pytest.mark.parametrize("named", FORMATS)
def test_a_picture_without_a_mark_has_none(named: str) -> None:
    assert mark_of(encoded(soft(), named)) is None


def test_somebody_elses_notes_are_no_mark() -> None:
    theirs = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a mark="not ours" /></x:xmpmeta>'

    assert mark_of(encoded(soft(), "jpeg", xmp=theirs)) is None


@pytest.mark.parametrize("named", FORMATS)
def test_a_program_that_does_not_know_us_reads_the_words_as_terms_of_usage(named: str) -> None:
    """XMP: https://developer.adobe.com/xmp/docs/XMPNamespaces/xmpRights/"""
    note = decoded(marked(encoded(soft(), named), WORDS).content).info["xmp"].decode()
    root = ET.fromstring(note[note.index("<x:xmpmeta") : note.index("<?xpacket end")])

    (described,) = root.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    (terms,) = root.iter(f"{RIGHTS}UsageTerms")
    assert described.attrib[f"{RIGHTS}Marked"] == "True"
    assert "".join(terms.itertext()) == WORDS


@pytest.mark.parametrize("scene", SCENES)
def test_the_mark_is_seen_in_every_part_that_is_worth_cutting_out(scene: str) -> None:
    """Every square of a quarter of the side holds pixels that differ as far as an eye can tell."""
    seen = difference(SCENES[scene], decoded(marked(encoded(SCENES[scene], "png"), WORDS).content))

    for left in range(0, 385, 64):
        for top in range(0, 385, 64):
            _, most = ImageStat.Stat(seen.crop((left, top, left + 128, top + 128))).extrema[0]
            assert most > 40, (left, top)


@pytest.mark.parametrize("scene", SCENES)
def test_most_of_the_picture_stays_as_it_was(scene: str) -> None:
    seen = difference(SCENES[scene], decoded(marked(encoded(SCENES[scene], "png"), WORDS).content))

    untouched = seen.histogram()[0] / (512 * 512)
    assert untouched > 0.6


@pytest.mark.parametrize("side", [256, 1024, 2048])
def test_the_mark_grows_with_the_picture(side: int) -> None:
    """So a line across a picture of any size meets as many edges of letters."""
    assert edges_a_row(side) == pytest.approx(edges_a_row(512), rel=0.2)


def edges_a_row(side: int) -> float:
    picture = plain((side, side), "black")
    stamp(picture, WORDS)
    ink = picture.convert("L").point([0] * 50 + [255] * 206)
    return ImageStat.Stat(ImageChops.difference(ink, ImageChops.offset(ink, 1, 0))).mean[0] / 255 * side


@pytest.mark.parametrize("size", [(24, 24), (64, 4000), (4000, 64), (100, 2000), (4096, 1024)])
def test_every_shape_is_marked(size: tuple[int, int]) -> None:
    scene = plain(size, "green")

    seen = difference(scene, decoded(marked(encoded(scene, "png"), WORDS).content))

    left, top, right, bottom = seen.getbbox() or (0, 0, 0, 0)
    assert right - left > size[0] * 0.9
    assert bottom - top > size[1] * 0.9


def test_a_picture_too_small_for_words_is_marked_for_programs_alone() -> None:
    tiny = plain((16, 16), "green")
    content = marked(encoded(tiny, "png"), WORDS).content

    assert difference(tiny, decoded(content)).getbbox() is None
    assert mark_of(content) == WORDS


@pytest.mark.parametrize("words", ["", " ", "免费", "x", "word " * 40])
def test_any_words_can_be_laid(words: str) -> None:
    assert marked(encoded(soft(), "png"), words).width == 256


@pytest.mark.parametrize(
    ("named", "mode"),
    [("png", "1"), ("png", "L"), ("png", "LA"), ("png", "P"), ("png", "RGBA"), ("jpeg", "L"), ("jpeg", "CMYK")],
)
def test_every_kind_of_pixels_is_marked(named: str, mode: str) -> None:
    content = encoded(soft(mode=mode), named)

    assert difference(decoded(content), decoded(marked(content, WORDS).content)).getbbox() is not None


@pytest.mark.parametrize("named", ["png", "webp"])
def test_what_is_transparent_stays_so_between_the_letters_and_the_letters_are_seen_on_it(named: str) -> None:
    clear = Image.new("RGBA", (512, 512), (0, 0, 0, 0))
    seen = decoded(marked(encoded(clear, named), WORDS).content)

    assert seen.mode == "RGBA"
    alpha = seen.getchannel("A").histogram()
    assert alpha[0] > 512 * 512 * 0.5
    assert sum(alpha[80:]) > 1_000


def test_letters_on_nothing_are_white_and_not_the_colour_of_nothing() -> None:
    clear = Image.new("RGBA", (512, 512), (0, 0, 0, 0))
    stamp(clear, WORDS)
    below_the_badge = clear.crop((0, 256, 512, 512))

    assert below_the_badge.convert("RGB").convert("L").getextrema() == (0, 255)


@pytest.mark.parametrize("scene", SCENES)
def test_a_badge_says_it_once_more_in_a_corner_white_on_dark(scene: str) -> None:
    image = SCENES[scene].copy()
    stamp(image, WORDS)
    corner = image.crop((340, 16, 496, 42)).convert("L").histogram()

    assert sum(corner[:110]) > 1_500
    assert sum(corner[230:]) > 60


@pytest.mark.parametrize(("named", "options"), [("png", {}), ("webp", {"lossless": True})])
def test_where_no_letter_is_a_picture_without_loss_keeps_every_pixel(named: str, options: dict[str, Any]) -> None:
    content = encoded(soft((512, 512)), named, **options)

    seen = difference(decoded(content), decoded(marked(content, WORDS).content))
    assert seen.histogram()[0] > 512 * 512 * 0.6


@pytest.mark.parametrize("options", [{"quality": 60}, {"quality": 95, "subsampling": 0}, {"progressive": True}])
def test_where_no_letter_is_a_jpeg_is_hardly_worse(options: dict[str, Any]) -> None:
    content = encoded(busy((512, 512)), "jpeg", **options)
    before, after = decoded(content), decoded(marked(content, WORDS).content)

    assert ImageStat.Stat(difference(before, after)).median[0] <= 2


def test_a_large_jpeg_stays_about_as_large() -> None:
    content = encoded(busy((1024, 1024)), "jpeg", quality=85)

    assert len(marked(content, WORDS).content) < 1.3 * len(content)


@pytest.mark.parametrize("named", FORMATS)
def test_colours_and_the_way_up_are_kept_and_other_notes_are_not(named: str) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a secret prompt"
    content = encoded(soft(), named, exif=exif.tobytes(), icc_profile=b"a profile" * 20)

    after = decoded(marked(content, WORDS).content)

    assert after.getexif()[0x0112] == 6
    assert after.info["icc_profile"] == b"a profile" * 20
    assert b"secret" not in marked(content, WORDS).content


def test_what_is_no_picture_cannot_be_marked() -> None:
    with pytest.raises(NotAPicture):
        marked(b"<svg/>", WORDS)
    with pytest.raises(NotAPicture):
        mark_of(b"<svg/>")
