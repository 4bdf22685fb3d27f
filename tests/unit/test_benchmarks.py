"""What the benchmark is made of tells the truth: its statistics, its events, its groups, its verdicts."""

import asyncio
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from benchmarks.clock import moment_in, period
from benchmarks.events import Shop, encoded, signature
from benchmarks.figures import figures, percentile, spread
from benchmarks.lines import LINES, Line
from benchmarks.machine import Process, Watch, part_of
from benchmarks.references.group import MOST, Group
from benchmarks.references.receiving import answers, arrival_of, firsts, is_genuine
from benchmarks.report import Finding
from billing_core.adapters.stripe.webhooks import StripeWebhooks
from billing_core.ports.facts import CheckoutProgressed, InvoicePaid, SubscriptionTouched

SECRET = "whsec_of_a_test"
SHOP = Shop(subscribers=4, newcomers=8)


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (99, 99), (100, 100), (1, 1)])
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(percent: int, expected: int) -> None:
    assert expected == percentile(range(100, 0, -1), percent)


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        percentile([], 50)


def test_a_spread_is_over_the_runs_that_have_the_figure() -> None:
    found = spread([{"per_s": 3.0}, {"per_s": 1.0}, {"per_s": 8.0}, {"p50_ms": 9.0}], "per_s")

    assert found is not None
    assert (3.0, 1.0, 8.0) == (found.median, found.least, found.most)
    assert spread([{"per_s": 3.0}], "mib") is None


def test_figures_are_for_one_operation() -> None:
    watch = Watch({}, wall_s=2.0, cpu_s={"server": 0.5})

    found = figures(1_000, [0.001, 0.002, 0.004], watch)

    assert (500.0, 2.0, 4.0, 500.0) == (found["per_s"], found["p50_ms"], found["p99_ms"], found["server_us"])


def test_a_process_counts_for_the_nearest_of_its_ancestors_that_is_watched() -> None:
    tree = {1: 0, 10: 1, 11: 10, 12: 11, 20: 1}
    among = {pid: Process(parent, 0, is_kernel=False) for pid, parent in tree.items()}

    assert ["bench", "server", None] == [part_of(pid, among, {10: "bench", 11: "server"}) for pid in (10, 12, 20)]


def test_a_watch_counts_our_own_work() -> None:
    with Watch({os.getpid(): "us"}) as watch:
        started = time.process_time()
        while time.process_time() - started < 0.2:
            pass

    assert 0.15 <= watch.cpu_s["us"] <= watch.wall_s + 0.05
    assert 0 <= watch.foreign_share <= 1


def test_the_product_understands_a_month_of_the_shop() -> None:
    webhooks = StripeWebhooks([SECRET], {"price_basic_month_usd": "basic_month_usd"})
    now = datetime.now(UTC)
    bodies = [encoded(SHOP.event(number)) for number in range(2 * SHOP.a_month)]

    delivered = [webhooks.translate(body, signature(body, SECRET, now), now=now) for body in bodies]

    facts = [delivery.fact for delivery in delivered]
    kinds = [SubscriptionTouched, InvoicePaid, CheckoutProgressed]
    assert kinds * (2 * SHOP.subscribers) == [type(fact) for fact in facts]
    assert len(bodies) == len({delivery.event_id for delivery in delivered})
    assert all(1_800 <= len(body) <= 3_500 for body in bodies)
    paid = [fact for fact in facts if isinstance(fact, InvoicePaid)]
    assert all(fact.complete for fact in paid)
    assert [period(month) for month in (1, 2) for _ in range(4)] == [(f.lines[0].start, f.lines[0].end) for f in paid]
    assert SHOP.subscribers * 2 == len({fact.invoice_id for fact in paid})
    assert all(period(month)[0] < moment_in(month) < period(month)[1] for month in (1, 2))


def test_newcomers_arrive_in_the_month_in_which_they_pay() -> None:
    arriving = dict(SHOP.arriving())
    paying = {
        month: [
            SHOP.event(n)["data"]["object"]["id"] for n in range(2, SHOP.a_month * 2, 3) if SHOP.month_of(n) == month
        ]
        for month in (1, 2)
    }

    assert paying == {month: [f"cs_test_bench{name}" for name in names] for month, names in arriving.items()}


def test_a_receiver_by_hand_checks_the_signature_and_finds_the_subscription() -> None:
    body = encoded(SHOP.event(1))
    header = signature(body, SECRET, datetime.now(UTC))

    assert is_genuine(body, header, SECRET.encode())
    assert not is_genuine(body + b" ", header, SECRET.encode())
    assert ["sub_bench0", "sub_bench2", "sub_benchnew0"] == [
        arrival_of(encoded(SHOP.event(number))).subscription_id for number in range(3)
    ]


def test_of_several_arrivals_of_one_event_the_first_is_new() -> None:
    one, other = arrival_of(encoded(SHOP.event(0))), arrival_of(encoded(SHOP.event(3)))

    assert [one, other] == list(firsts([one, other, one]))
    assert [True, False, False] == answers([one, other, one], {one.event_id})


async def test_a_group_is_what_came_during_the_last_commit_and_has_a_limit() -> None:
    groups: list[int] = []

    async def commit(members: Sequence[int]) -> Sequence[int]:
        await asyncio.sleep(0)
        groups.append(len(members))
        return [-member for member in members]

    group = Group(commit)
    answered = await asyncio.gather(*(group.join(member) for member in range(MOST + 6)))

    assert [-member for member in range(MOST + 6)] == answered
    assert [MOST, 6] == groups


async def test_a_commit_that_fails_fails_its_group_alone() -> None:
    async def commit(members: Sequence[int]) -> Sequence[int]:
        if 0 in members:
            raise OSError("no disk")
        return members

    group = Group(commit)
    with pytest.raises(OSError, match="no disk"):
        await group.join(0)

    assert 1 == await group.join(1)


@pytest.mark.parametrize(
    ("figure", "ours", "verdict"),
    [
        ("per_s", 0.9, "aim reached"),
        ("per_s", 0.5, "reached"),
        ("per_s", 0.4, "not reached"),
        ("p99_ms", 0.4, "aim reached"),
        ("p99_ms", 0.9, "reached"),
        ("p99_ms", 1.1, "not reached"),
    ],
)
def test_a_verdict_knows_what_is_better(figure: str, ours: float, verdict: str) -> None:
    must, aim = (0.45, 0.85) if figure == "per_s" else (1.0, 0.5)
    line = Line(key="", work="", bench=LINES[0].bench, reference="", figure=figure, must=must, aim=aim)
    finding = Finding(line=line, product=[{figure: ours}], reference=[{figure: 1.0}])

    assert verdict == finding.verdict


def test_a_contender_that_is_not_here_has_no_ratio() -> None:
    finding = Finding(line=LINES[0], product=[{"per_s": 1.0}], absent="not present")

    assert (None, "not present") == (finding.ratio, finding.verdict)
