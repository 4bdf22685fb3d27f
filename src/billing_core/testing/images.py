"""An image generator for tests: honest pictures at no cost, and every failure on request."""

import struct
import zlib
from collections.abc import Callable
from functools import cache

from attrs import define, field

from billing_core.ports.errors import ImageRefused, Misconfigured, OutcomeUnknown, Unavailable
from billing_core.ports.images import ImageRequest, Made, Picture, Watch, unwatched


@define
class PlainImages:
    """Makes white PNGs of exactly the size that was asked for, and remembers what it was asked.

    `refuse`, `fail`, `time_out` and `misconfigure` say how the next `times` requests end (None: all, until `work` is
    called). `show_unfinished` says how many pictures are shown of each before it is done.
    """

    requests: list[ImageRequest] = field(factory=list)
    _failure: Callable[[], Exception] | None = None
    _left: int | None = None
    _short_by: int = 0
    _unfinished: int = 0

    async def generate(self, request: ImageRequest, *, watch: Watch = unwatched) -> Made:
        """As many pictures as asked for. Raises what it was told to, once it has shown what it was told to."""
        self.requests.append(request)
        for _ in range(self._unfinished):
            await watch(_picture(request.size))
        if self._failure is not None and self._left != 0:
            self._left = None if self._left is None else self._left - 1
            raise self._failure()
        return Made(pictures=(_picture(request.size),) * max(1, request.n - self._short_by))

    @property
    def prompts(self) -> list[str]:
        """What was asked for so far, in words."""
        return [request.prompt for request in self.requests]

    def work(self) -> None:
        """All goes well again."""
        self._failure, self._left, self._short_by = None, None, 0

    def show_unfinished(self, pictures: int = 2) -> None:
        """So many unfinished pictures are shown of each request from now on."""
        self._unfinished = pictures

    def refuse(self, code: str = "moderation_blocked", *, times: int | None = None) -> None:
        """The provider will not make such pictures: the generation is refused, and costs nothing."""
        self._fail(lambda: ImageRefused(code, "told to refuse by the test"), times)

    def fail(self, *, times: int | None = None) -> None:
        """The provider is away, and nothing was made. A generation is attempted five times, some time apart."""
        self._fail(lambda: Unavailable("the image provider"), times)

    def time_out(self, *, times: int | None = None) -> None:
        """The provider does not answer in time: whether a picture was made is unknown. It is asked once more."""
        self._fail(lambda: OutcomeUnknown("generate"), times)

    def misconfigure(self, problem: str = "told so by the test", *, times: int | None = None) -> None:
        """The provider does not take what we are set up to send: the generation fails at once, and a person is told."""
        self._fail(lambda: Misconfigured("the image provider", problem), times)

    def make_fewer(self, by: int = 1) -> None:
        """The provider makes fewer pictures than it was asked for, though never none."""
        self._short_by = by

    def _fail(self, failure: Callable[[], Exception], times: int | None) -> None:
        self._failure, self._left = failure, times


def _picture(size: str) -> Picture:
    """Raises ImageRefused for what is no size."""
    width, _, height = size.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise ImageRefused("invalid_size", f"{size} is no size")
    return Picture(content=_png(int(width), int(height)), format="png", width=int(width), height=int(height))


@cache
def _png(width: int, height: int) -> bytes:
    """One bit a pixel, all white."""
    row = b"\0" + b"\xff" * ((width + 7) // 8)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(row * height)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
