"""A picture with a mark: to the eye, and to a program that reads its notes (XMP, which all three formats carry).

A mark changes pixels, so what a provider signed about its picture (C2PA) would no longer hold: of its notes only the
colour profile and the way up are kept.
"""

import re
from html import unescape
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from PIL import Image, JpegImagePlugin
from PIL.PngImagePlugin import PngInfo

from billing_core.adapters.pictures.reading import format_of, opened, opened_unread
from billing_core.adapters.pictures.stamping import stamp
from billing_core.ports.images import Picture

PNG_NOTE = "XML:com.adobe.xmp"
NOTE = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"'
    ' xmlns:billing="urn:billing-core" xmpRights:Marked="True" billing:mark={attribute}>'
    '<xmpRights:UsageTerms><rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt></xmpRights:UsageTerms>'
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
MARK = re.compile(r"""billing:mark=(?:"([^"]*)"|'([^']*)')""")


def marked(content: bytes, words: str) -> Picture:
    """The same picture with the words on it, in the same format and of the same size. Takes about a tenth of a second
    a megapixel, half a second as WebP without loss: call it in a thread. Raises: NotAPicture."""
    original = opened(content)
    image = _paintable(original)
    stamp(image, words)
    written = BytesIO()
    image.save(written, original.format, **_as_it_was(original, content), **_note(original, words))
    return Picture(content=written.getvalue(), format=format_of(content), width=image.width, height=image.height)


def mark_of(content: bytes) -> str | None:
    """The words that a picture was marked with, from its notes; None where it was not. Raises: NotAPicture."""
    note = opened_unread(content).info.get("xmp", b"")
    found = MARK.search(note.decode("utf-8", "replace"))
    return unescape(found[1] if found[1] is not None else found[2]) if found else None


def _paintable(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.copy() if image.mode == "RGB" else image.convert("RGB")


def _as_it_was(original: Image.Image, content: bytes) -> dict[str, Any]:
    """How to write it so that it loses as little as possible, and is about as large as it came."""
    kept: dict[str, Any] = {"exif": _way_up(original)}
    if original.mode in {"RGB", "RGBA", "P"}:  # a profile of greys or printing inks says nothing about RGB
        kept["icc_profile"] = original.info.get("icc_profile")
    if isinstance(original, JpegImagePlugin.JpegImageFile):
        return kept | _as_exact(original)
    if original.format == "WEBP":
        return kept | {"lossless": b"VP8L" in content, "quality": 90, "exact": True}
    return kept | {"compress_level": 4}


def _as_exact(original: JpegImagePlugin.JpegImageFile) -> dict[str, Any]:
    """With the steps that it was rounded to before, pixels that no mark touched are rounded to what they were."""
    if original.mode != "RGB":
        return {"quality": 92}
    return {"qtables": original.quantization, "subsampling": JpegImagePlugin.get_sampling(original)}


def _way_up(original: Image.Image) -> bytes:
    """EXIF with nothing but the orientation, or nothing."""
    kept = Image.Exif()
    if (orientation := original.getexif().get(0x0112)) is None:
        return b""
    kept[0x0112] = orientation
    return kept.tobytes()


def _note(original: Image.Image, words: str) -> dict[str, Any]:
    note = NOTE.format(attribute=quoteattr(words), text=escape(words))
    if original.format != "PNG":
        return {"xmp": note.encode()}
    notes = PngInfo()
    notes.add_itxt(PNG_NOTE, note)
    return {"pnginfo": notes}
