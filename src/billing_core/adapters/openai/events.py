"""The events of a stream, out of its bytes as they come.

Read by ourselves, since the SDK's own stream refers to itself: left before its end, it stays open until the garbage
collector comes, which may be in another thread, while the loop is closing it.
"""

from collections.abc import Iterator

from attrs import define, field

from billing_core.adapters.openai.answers import decoded

DATA = b"data:"


@define
class Events:
    """What the events say, each of them JSON; None for one that is not. Half an event at the end says nothing."""

    _line: list[bytes] = field(factory=list)  # its end is still to come: a picture is one line, in many parts
    _data: list[bytes] = field(factory=list)

    def read(self, part: bytes) -> Iterator[object]:
        """The events that end within the next part of the bytes."""
        self._line.append(part)
        if b"\n" not in part:
            return
        *lines, rest = b"".join(self._line).split(b"\n")
        self._line = [rest]
        for line in lines:
            said = line.removesuffix(b"\r")
            if said.startswith(DATA):
                self._data.append(said.removeprefix(DATA))
            elif not said and self._data:
                data, self._data = b"\n".join(self._data), []
                yield decoded(data)
