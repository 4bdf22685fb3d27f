"""The product behind the door: opened with the server or, where the app is mounted in another, by a first request."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from litestar import Litestar
from litestar.types import ASGIApp, Receive, Scope, Send

from billing_core.entrypoints.use_cases import UseCases

Opening = Callable[[], AbstractAsyncContextManager[UseCases]]
LOOK_AGAIN_S = 0.01


class Opened:
    """Holds the use cases while they are open.

    An app that is mounted in another one gets no lifespan from it, so the first request opens; what was opened so is
    closed when the event loop cancels its tasks at the end.
    """

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._use_cases: UseCases | None = None
        self._keeper: asyncio.Task[None] | None = None

    def is_open(self) -> bool:
        return self._use_cases is not None

    def let_go(self) -> None:
        """Lets everybody go who waits for something to happen."""
        if self._use_cases is not None:
            self._use_cases.watching.close()

    @property
    def use_cases(self) -> UseCases:
        if self._use_cases is None:
            raise RuntimeError("the app is not open")
        return self._use_cases

    @asynccontextmanager
    async def lifespan(self, _: Litestar) -> AsyncIterator[None]:
        async with self._opening() as use_cases:
            self._use_cases = use_cases
            try:
                yield
            finally:
                self._use_cases = None

    def ensuring(self, app: ASGIApp) -> ASGIApp:
        """The middleware that has it open before any handler is asked."""

        async def ensure(scope: Scope, receive: Receive, send: Send) -> None:
            await self.ensure(scope["litestar_app"])
            await app(scope, receive, send)

        return ensure

    async def ensure(self, app: Litestar) -> None:
        """Opens what is not open yet, if nobody else is about to. Raises what opening raises."""
        if self._use_cases is not None:
            return
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep_open(app))
        keeper = self._keeper
        while not self.is_open() and not keeper.done():
            await asyncio.wait([keeper], timeout=LOOK_AGAIN_S)
        if keeper.done():
            self._keeper = None
            await keeper

    async def _keep_open(self, app: Litestar) -> None:
        async with self.lifespan(app):
            await asyncio.Event().wait()
