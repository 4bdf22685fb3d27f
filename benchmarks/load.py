"""The load generator, a process of its own: a fixed number of signed webhooks over keep-alive connections on loopback.

Closed loop: each connection sends its next request when the last one is answered. The requests of a month are built
and signed before its clock starts, so that sending one costs little. It reads its order from standard input and
writes what it found to standard output, both as JSON.
"""

import os
import select
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from attrs import define, field, frozen

from benchmarks.clock import SharedClock, moment_in, shared_clock
from benchmarks.events import Shop, encoded, request
from benchmarks.figures import Figures, figures
from benchmarks.machine import Watch

END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length:"
ANSWER_WITHIN_S = 30


@frozen(kw_only=True)
class Order:
    """The events from `first` up to `last`, to this port. `parts` names the process trees whose CPU is counted."""

    port: int
    secret: str
    clock: str
    shop: Shop
    first: int
    last: int
    connections: int
    parts: dict[str, int]


@frozen(kw_only=True)
class Loaded:
    """What came of it. `wrong` counts the answers that were not 200."""

    figures: Figures
    wrong: int
    first_wrong: str = ""


class Stalled(RuntimeError):
    """The server stopped answering."""


@define
class Connection:
    """One keep-alive connection, with at most one request under way."""

    channel: socket.socket
    sent_at: float = 0.0
    answer: bytes = b""

    def send(self, request: bytes) -> None:
        self.answer = b""
        self.sent_at = time.perf_counter()
        self.channel.sendall(request)

    def read(self) -> bool:
        """Takes what has come; whether the answer is whole. Raises Stalled where the server hung up."""
        part = self.channel.recv(65536)
        if not part:
            raise Stalled("the server closed a connection")
        self.answer += part
        head = self.answer.find(END_OF_HEAD)
        return head >= 0 and len(self.answer) >= head + len(END_OF_HEAD) + _length(self.answer[:head].lower())


@define
class Sender:
    """Sends stretches of requests, and keeps how long each answer took and which were wrong."""

    connections: Sequence[Connection]
    latencies_s: list[float] = field(factory=list)
    wrong: list[bytes] = field(factory=list)

    def drive(self, requests: Sequence[bytes]) -> None:
        """Returns when every request is answered. Raises Stalled."""
        waiting = iter(requests)
        busy: dict[int, Connection] = {}
        with select.epoll() as poll:
            for connection, first in zip(self.connections, waiting, strict=False):
                busy[connection.channel.fileno()] = connection
                poll.register(connection.channel, select.EPOLLIN)
                connection.send(first)
            while busy:
                ready = poll.poll(ANSWER_WITHIN_S)
                if not ready:
                    raise Stalled(f"no answer within {ANSWER_WITHIN_S} s")
                for number, _ in ready:
                    connection = busy[number]
                    if not connection.read():
                        continue
                    self._keep(connection)
                    following = next(waiting, None)
                    if following is None:
                        poll.unregister(number)
                        del busy[number]
                    else:
                        connection.send(following)

    def _keep(self, connection: Connection) -> None:
        self.latencies_s.append(time.perf_counter() - connection.sent_at)
        if not connection.answer.startswith(b"HTTP/1.1 200 "):
            self.wrong.append(connection.answer)


def load(order: Order, clock: SharedClock) -> Loaded:
    """Sends what is ordered, month by month; before each the shared clock moves there. Raises Stalled."""
    channels = [socket.create_connection(("127.0.0.1", order.port)) for _ in range(order.connections)]
    for channel in channels:
        channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sender = Sender([Connection(channel) for channel in channels])
    watch = Watch({pid: part for part, pid in order.parts.items()} | {os.getpid(): "load"})
    at = order.first
    while at < order.last:
        month = order.shop.month_of(at)
        until = min(order.last, month * order.shop.a_month)
        clock.move_to(moment_in(month))
        now = clock.now()
        requests = [request(encoded(order.shop.event(n)), order.secret, now) for n in range(at, until)]
        with watch:
            sender.drive(requests)
        at = until
    for channel in channels:
        channel.close()
    first_wrong = sender.wrong[0].decode(errors="replace") if sender.wrong else ""
    found = figures(order.last - order.first, sender.latencies_s, watch)
    return Loaded(figures=found, wrong=len(sender.wrong), first_wrong=first_wrong)


def _length(head: bytes) -> int:
    """How long the body is that follows. Raises Stalled where the head does not tell."""
    start = head.find(LENGTH)
    if start < 0:
        raise Stalled("an answer without a length")
    return int(head[start + len(LENGTH) :].split(b"\r\n", 1)[0])


def main() -> None:
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    with shared_clock(Path(order.clock)) as clock:
        sys.stdout.buffer.write(msgspec.json.encode(load(order, clock)))


if __name__ == "__main__":
    main()
