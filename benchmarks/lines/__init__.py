"""What is measured: each bench has contenders, each line compares two of them."""

from attrs import frozen

from benchmarks.ground import Bench
from benchmarks.lines import credits, history, memory, peers, webhooks


@frozen(kw_only=True)
class Line:
    """One claim: a figure of the product as a multiple of the reference's. `must` and `aim` are such multiples.

    Where `more` is better, the product must reach at least that; otherwise at most.
    """

    key: str
    work: str
    bench: Bench
    product: str = credits.PRODUCT
    reference: str
    figure: str = "per_s"
    must: float
    aim: float
    rounds: int = 3
    is_long: bool = False

    @property
    def more(self) -> bool:
        """Whether more of the figure is better."""
        return self.figure == "per_s"


LINES = (
    Line(
        key="webhook-postgresql",
        work="webhook over HTTP, PostgreSQL, 32 connections, 1 worker",
        bench=webhooks.on_postgres,
        reference=webhooks.GROUPED,
        must=0.45,
        aim=0.85,
    ),
    Line(
        key="webhook-p99",
        work="the same, p99",
        bench=webhooks.on_postgres,
        reference=webhooks.EACH,
        figure="p99_ms",
        must=1.0,
        aim=1 / 3,
    ),
    Line(
        key="spend-hot",
        work="hold + capture, one hot account, 32 tasks",
        bench=credits.hot,
        reference=credits.BY_HAND,
        must=8,
        aim=20,
    ),
    Line(
        key="spend-spread",
        work="hold + capture, 10,000 accounts, 32 tasks",
        bench=credits.spread,
        reference=credits.BY_HAND,
        must=2,
        aim=5,
    ),
    Line(
        key="spend-peers-stapel-spread",
        work="hold + capture, 1,000 accounts, 8 at once",
        bench=peers.spread,
        reference=peers.STAPEL,
        must=10,
        aim=10,
    ),
    Line(
        key="spend-peers-stapel-hot",
        work="hold + capture, one hot account, 32 at once",
        bench=peers.hot,
        reference=peers.STAPEL,
        must=20,
        aim=75,
    ),
    Line(
        key="spend-peers-bursar-spread",
        work="hold + capture, 1,000 accounts, 8 at once",
        bench=peers.spread,
        reference=peers.BURSAR,
        must=20,
        aim=20,
    ),
    Line(
        key="spend-peers-bursar-hot",
        work="hold + capture, one hot account, 32 at once",
        bench=peers.hot,
        reference=peers.BURSAR,
        must=40,
        aim=150,
    ),
    Line(
        key="hold-latency",
        work="a hold at 1 task, p50",
        bench=credits.alone,
        reference=credits.BY_HAND,
        figure="p50_ms",
        must=1.5,
        aim=1.0,
    ),
    Line(
        key="webhook-sqlite",
        work="webhook over HTTP, SQLite, 32 connections, 1 worker",
        bench=webhooks.on_file,
        reference=webhooks.GROUPED,
        must=0.4,
        aim=0.65,
    ),
    Line(
        key="hold-history-postgresql",
        work="a hold, PostgreSQL, p50",
        bench=history.on_postgres,
        product=history.LONG,
        reference=history.SHORT,
        figure="p50_ms",
        must=1.1,
        aim=1.0,
    ),
    Line(
        key="hold-history-sqlite",
        work="a hold, SQLite, p50",
        bench=history.on_file,
        product=history.LONG,
        reference=history.SHORT,
        figure="p50_ms",
        must=1.1,
        aim=1.0,
    ),
    Line(
        key="memory",
        work="memory of a server, PostgreSQL",
        bench=memory.of_a_worker,
        product=memory.LATE,
        reference=memory.EARLY,
        figure="mib",
        must=1.05,
        aim=1.0,
        rounds=1,
        is_long=True,
    ),
)
