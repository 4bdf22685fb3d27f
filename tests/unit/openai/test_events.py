"""Events come out of a stream's bytes, wherever these were cut into parts."""

from collections.abc import Sequence
from itertools import chain

import pytest

from billing_core.adapters.openai.events import Events

STREAM = (
    b": hello\n"
    b'event: image\nid: 7\ndata: {"type": "one"}\n\n'
    b'data:{"type":\r\ndata: "two"}\r\n\r\n'
    b"\n"
    b"data: {nonsense\n\n"
    b'data: {"type": "three"}\n\ndata: [DONE]\n\n'
    b'data: {"type": "cut off"}\n'
)
SAID = [{"type": "one"}, {"type": "two"}, None, {"type": "three"}, None]


def said(parts: Sequence[bytes]) -> list[object]:
    events = Events()
    return list(chain.from_iterable(events.read(part) for part in parts))


@pytest.mark.parametrize("size", [1, 2, 7, len(STREAM)])
def test_what_events_say_does_not_depend_on_the_parts_they_come_in(size: int) -> None:
    assert said([STREAM[at : at + size] for at in range(0, len(STREAM), size)]) == SAID


def test_an_event_is_told_as_soon_as_it_is_whole() -> None:
    events = Events()

    assert [list(events.read(part)) for part in (b"data: 1\n", b"\n", b"data: 2")] == [[], [1], []]
