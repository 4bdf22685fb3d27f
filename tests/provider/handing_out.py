"""How a picture is handed out at the URL that an answer named: well, or as an attacker would."""

import asyncio
from collections.abc import Sequence

from tests.provider.oddly import HTML
from tests.provider.playing import KILOBYTE
from tests.provider.wire import Answer, Call


async def hand_out(
    shelved: tuple[bytes, str, str] | None, answer: Answer, slow_s: float, downloads: Sequence[Call]
) -> None:
    """Answers a download. `downloads` are all so far, this one the last."""
    if shelved is None:
        await answer.whole(404, b"nothing here")
        return
    content, kind, behave = shelved
    path = downloads[-1].path
    match behave:
        case "redirect":
            await answer.whole(302, b"", {"location": "http://169.254.169.254/latest/meta-data/"})
        case "missing":
            await answer.whole(404, b"it expired")
        case "broken":
            await answer.whole(500, b"try again")
        case "fail_once" if sum(1 for each in downloads if each.path == path) == 1:
            answer.cut()
        case "endless":
            await answer.begin(200, {"content-type": kind})
            while True:
                await answer.send(KILOBYTE * 64)
        case "too_long":
            await answer.begin(200, {"content-type": kind, "content-length": str(10**12)})
            while True:
                await answer.send(KILOBYTE * 64)
        case "lie":
            await answer.begin(200, {"content-type": kind, "content-length": str(len(content) * 2)})
            await answer.send(content)
            answer.cut()
        case "slow":
            await asyncio.sleep(slow_s)
            await answer.whole(200, content, {"content-type": kind})
        case "html":
            await answer.whole(200, HTML, {"content-type": "image/png"})
        case _:
            await answer.whole(200, content, {"content-type": kind})
