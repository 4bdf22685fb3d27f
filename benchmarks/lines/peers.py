"""The same holds and captures through other people's credit ledgers, where they are installed.

`BENCH_PEERS=folder` names a folder with a virtual environment for each: `folder/stapel`, `folder/bursar`. For a peer
without an adapter in `benchmarks/peers`, its folder brings one as `adapter.py`.
"""

from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path

from attrs import evolve

from benchmarks.figures import Figures
from benchmarks.ground import Ground, Missing, Round, ordered
from benchmarks.lines.credits import PRODUCT, SECONDS, funded, spent
from benchmarks.spending import Order

STAPEL, BURSAR = "stapel-billing", "bursar"
FOLDERS = {STAPEL: "stapel", BURSAR: "bursar"}
MANY = 1_000  # a peer takes minutes to make more
ROOT = Path(__file__).parents[2]


@contextmanager
def spread(ground: Ground, wanted: Set[str]) -> Iterator[Round]:
    """8 at once on 1,000 accounts."""
    yield _round(ground, wanted, accounts=MANY, tasks=8)


@contextmanager
def hot(ground: Ground, wanted: Set[str]) -> Iterator[Round]:
    """32 at once on one account."""
    yield _round(ground, wanted, accounts=1, tasks=32)


def _round(ground: Ground, wanted: Set[str], *, accounts: int, tasks: int) -> Round:
    """Raises Missing where none of the peers is here."""
    peers = {name: _command(ground.peers, FOLDERS[name]) for name in FOLDERS if name in wanted}
    present = {name: command for name, command in peers.items() if command is not None}
    if not present:
        raise Missing("not present")
    order = Order(ledger="", url="", accounts=accounts, tasks=tasks, seconds=SECONDS, parts=ground.parts)
    urls = {name: ground.postgres.create() for name in present}
    for name, command in present.items():
        ordered([*command, "prepare"], evolve(order, url=urls[name]), dict[str, int], environment=_paths())
        ground.tidy(urls[name])
    founded = funded(ground, {PRODUCT}, accounts)[PRODUCT]

    def a_round() -> Mapping[str, Figures]:
        found = {PRODUCT: spent(ground, PRODUCT, founded, accounts=accounts, tasks=tasks)}
        for name, command in present.items():
            with ground.copy_of(urls[name]) as url:
                found[name] = ordered([*command, "spend"], evolve(order, url=url), Figures, environment=_paths())
        return found

    return a_round


def _command(peers: Path | None, name: str) -> list[str] | None:
    """How the adapter of the peer is run; None where it is not here."""
    if peers is None:
        return None
    python = peers / name / "bin" / "python"
    adapters = (ROOT / "benchmarks" / "peers" / f"{name}.py", peers / name / "adapter.py")
    adapter = next((path for path in adapters if path.exists()), None)
    return [str(python), str(adapter)] if python.exists() and adapter else None


def _paths() -> dict[str, str]:
    """An adapter may use what is here to measure."""
    return {"PYTHONPATH": str(ROOT)}
