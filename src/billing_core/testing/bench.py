"""A whole `Billing` for tests in one line: books in memory, a simulated Stripe in process, time that stands still."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen

from billing_core.adapters.inprocess import InProcessRunner
from billing_core.adapters.memory.books import MemoryBooks
from billing_core.adapters.memory.notifier import MemoryNotifier
from billing_core.adapters.stripe.api import Api, open_api
from billing_core.adapters.stripe.pace import Pace, Patience
from billing_core.adapters.system import FixedClock
from billing_core.entrypoints.container import Container
from billing_core.entrypoints.lifespan import Parts, handlers, opened, use_cases_of
from billing_core.entrypoints.parts.stripe import SIMULATED_KEY
from billing_core.entrypoints.settings import MEMORY, Settings
from billing_core.facade import Billing
from billing_core.ports.images import ImageGenerator
from billing_core.ports.notifier import Notice
from billing_core.testing.chaos import ChaoticImages, ChaoticLine, ChaoticWebhooks, Faults
from billing_core.testing.clock import SettlingFirst, Standing, VirtualClock
from billing_core.testing.hands import Hands
from billing_core.testing.images import PlainImages
from billing_core.testing.stores import KeptImages
from billing_core.testing.webhooks import SECRET

START = datetime(2026, 1, 15, 12, tzinfo=UTC)


@frozen(kw_only=True)
class Bench:
    """`Billing`, and what a test moves it by: the clock, the hands at the gateway, and the image generator.

    `container` has every part of it, for tests that reach deeper.
    """

    billing: Billing
    clock: VirtualClock
    gateway: Hands
    images: PlainImages
    container: Container

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What customers were told, oldest first."""
        notifier = self.container.notifier()
        return tuple(notifier.sent) if isinstance(notifier, MemoryNotifier) else ()


@asynccontextmanager
async def billing_for_tests(
    *,
    catalog: str | Path | None = None,
    start: datetime = START,
    images: ImageGenerator | None = None,
    chaos: Faults | None = None,
    fit: Callable[[Container], None] | None = None,
) -> AsyncIterator[Bench]:
    """A Billing on which nothing goes on by itself: what is due happens when the clock is moved or settled.

    `catalog` is the path of a TOML file or its text, the built-in one if None. `images` replaces the generator.
    With `chaos`, the line to Stripe, its webhooks and the image provider have those faults. `fit` may override any
    other part before it is used. Raises CatalogError.
    """
    time, plain = FixedClock(start), PlainImages()

    def fitted(container: Container) -> None:
        container.store.override(KeptImages())
        if chaos is not None:
            container.deliver.override(ChaoticWebhooks(container.deliver(), chaos))
            container.images.override(ChaoticImages(container.images(), chaos))
        container.api.override(_patient_api(container, chaos))
        if fit is not None:
            fit(container)

    with _catalog_file(catalog) as path:
        settings = Settings(database_url=MEMORY, catalog=path, jwt_secret="x" * 32, webhook_secrets=(SECRET,))
        async with opened(settings, Parts(clock=time, images=images or plain), fit=fitted) as container:
            yield _bench(container, time, plain)


def _patient_api(container: Container, chaos: Faults | None) -> Api:
    """As ours, but time stands still, so nobody waits before asking again."""
    stripe = container.simulated()
    line = stripe.answer if chaos is None else ChaoticLine(stripe.answer, chaos, container.clock().now)
    return open_api(line, key=SIMULATED_KEY, pace=Pace(inf), patience=Patience(sleep=_at_once))


async def _at_once(_seconds: float) -> None:
    pass


def _bench(container: Container, time: FixedClock, images: PlainImages) -> Bench:
    books, runner, stripe = container.books(), container.runner(), container.simulated()
    if not isinstance(books, MemoryBooks) or not isinstance(runner, InProcessRunner):
        raise TypeError("a bench stands on books in memory")
    standing = Standing(
        hands=stripe,
        clock=time,
        accounts=books.accounts,
        directory=books.directory,
        jobs=books.jobs,
        kept_clock=None,
        time=time,
        stripe=stripe,
        books=books,
        runner=runner,
        handlers=handlers(container),
        accruing=container.accruing(),
    )
    container.watching.override(SettlingFirst(books.generations, settle=standing.settle))
    billing = Billing(use_cases_of(container, standing))
    hands = Hands(stripe=stripe, billing=billing, standing=standing, gateway=container.gateway())
    return Bench(billing=billing, clock=VirtualClock(standing), gateway=hands, images=images, container=container)


@contextmanager
def _catalog_file(catalog: str | Path | None) -> Iterator[str | None]:
    """Where the catalog can be read from; text is told from a path by its lines."""
    if not isinstance(catalog, str) or "\n" not in catalog:
        yield None if catalog is None else str(catalog)
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "catalog.toml"
        path.write_text(catalog, encoding="utf-8")
        yield str(path)
