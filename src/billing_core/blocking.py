"""`Billing` for code without `async`: scripts, Django's views, Celery's tasks. Each call returns when it is done.

The product runs on an event loop in a thread of its own, jobs and webhooks too. Any number of threads may call at once.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial, wraps
from typing import Concatenate, ParamSpec, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal
from attrs import frozen

from billing_core.application.spending import HOLD_FOR, HoldPlaced
from billing_core.entrypoints.simulated import Simulation
from billing_core.facade import Billing
from billing_core.ports.clock import Clock
from billing_core.ports.gateway import PaymentGateway
from billing_core.ports.images import ImageGenerator
from billing_core.ports.webhooks import Webhooks

P = ParamSpec("P")
T = TypeVar("T")


def _blocking(
    verb: Callable[Concatenate[Billing, P], Awaitable[T]],
) -> Callable[Concatenate["BlockingBilling", P], T]:
    """The same verb, which returns what came of it."""

    @wraps(verb)
    def call(self: "BlockingBilling", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.call(verb, self.billing, *args, **kwargs)

    return call


@frozen
class BlockingBilling:
    """The verbs of `Billing`, with the same arguments, answers and errors.

    A process that forks, such as a web server with workers, opens it after that: a thread is not forked along.
    """

    billing: Billing
    portal: BlockingPortal

    @staticmethod
    @contextmanager
    def open(
        url: str = "memory://",
        *,
        catalog: str | None = None,
        gateway: PaymentGateway | None = None,
        webhooks: Webhooks | None = None,
        images: ImageGenerator | None = None,
        clock: Clock | None = None,
        jobs: bool = True,
    ) -> "Iterator[BlockingBilling]":
        """What `Billing.open` opens."""
        opening = partial(
            Billing.open,
            url,
            catalog=catalog,
            gateway=gateway,
            webhooks=webhooks,
            images=images,
            clock=clock,
            jobs=jobs,
        )
        with start_blocking_portal() as portal, portal.wrap_async_context_manager(opening()) as billing:
            yield BlockingBilling(billing, portal)

    @staticmethod
    @contextmanager
    def from_environment(
        *, images: ImageGenerator | None = None, clock: Clock | None = None, jobs: bool = True
    ) -> "Iterator[BlockingBilling]":
        """What `Billing.from_environment` opens."""
        opening = partial(Billing.from_environment, images=images, clock=clock, jobs=jobs)
        with start_blocking_portal() as portal, portal.wrap_async_context_manager(opening()) as billing:
            yield BlockingBilling(billing, portal)

    account = _blocking(Billing.account)
    subscription = _blocking(Billing.subscription)
    credits = _blocking(Billing.credits)
    entitlements = _blocking(Billing.entitlements)
    grant = _blocking(Billing.grant)
    checkout = _blocking(Billing.checkout)
    generate = _blocking(Billing.generate)
    generation = _blocking(Billing.generation)
    picture = _blocking(Billing.picture)
    explain = _blocking(Billing.explain)
    handle_webhook = _blocking(Billing.handle_webhook)

    def spend(
        self, account_id: str, *, credits: int, reason: str, ttl: timedelta = HOLD_FOR
    ) -> AbstractContextManager[HoldPlaced]:
        """Holds credits while the block works: captured on the way out, released if it raises. As `Billing.spend`."""
        return self.portal.wrap_async_context_manager(
            self.billing.spend(account_id, credits=credits, reason=reason, ttl=ttl)
        )

    @property
    def simulation(self) -> Simulation:
        """As `Billing.simulation`; its verbs are for `call`. Raises NotSimulated where real money is taken."""
        return self.billing.simulation

    def call(self, verb: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls whatever else is async, such as `billing.simulation.pay` or one of `billing.use_cases`."""
        return self.portal.call(partial(verb, *args, **kwargs))
