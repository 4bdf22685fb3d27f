"""What every adapter of a port must do: the contract of the port `X` is the class `XContract`.

Subclass it in a test and fill its fixtures (each says what it needs); pytest-asyncio, or anyio's plugin, runs it. Fakes
and real adapters pass the same ones, so a test that runs on a fake says something about production.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from billing_core.testing.contracts.accounts import AccountRepositoryContract
    from billing_core.testing.contracts.api_keys import ApiKeysContract
    from billing_core.testing.contracts.archive import ArchiveContract
    from billing_core.testing.contracts.bookmarks import BookmarksContract
    from billing_core.testing.contracts.books import BooksContract
    from billing_core.testing.contracts.catalogs import CatalogsContract
    from billing_core.testing.contracts.clock import ClockContract
    from billing_core.testing.contracts.directory import DirectoryContract
    from billing_core.testing.contracts.figures import FiguresContract
    from billing_core.testing.contracts.gateway import PaymentGatewayContract
    from billing_core.testing.contracts.gateway_setup import GatewaySetupContract
    from billing_core.testing.contracts.generations import GenerationsContract
    from billing_core.testing.contracts.history import HistoryContract
    from billing_core.testing.contracts.ids import IdSourceContract
    from billing_core.testing.contracts.images import ImageGeneratorContract, ImageStoreContract
    from billing_core.testing.contracts.inbox import InboxContract
    from billing_core.testing.contracts.incidents import IncidentsContract
    from billing_core.testing.contracts.jobs import JobQueueContract, JobsContract
    from billing_core.testing.contracts.model_watch import ModelWatchContract
    from billing_core.testing.contracts.notifier import NotifierContract
    from billing_core.testing.contracts.overview import OverviewContract
    from billing_core.testing.contracts.rates import RatesContract
    from billing_core.testing.contracts.register import RegisterContract
    from billing_core.testing.contracts.runner import JobRunnerContract
    from billing_core.testing.contracts.shelf import PricesContract, ShelfContract
    from billing_core.testing.contracts.warnings import FraudWarningsContract
    from billing_core.testing.contracts.webhooks import WebhooksContract

_HOMES = {
    "AccountRepositoryContract": "accounts",
    "ApiKeysContract": "api_keys",
    "ArchiveContract": "archive",
    "BookmarksContract": "bookmarks",
    "BooksContract": "books",
    "CatalogsContract": "catalogs",
    "ClockContract": "clock",
    "DirectoryContract": "directory",
    "FiguresContract": "figures",
    "FraudWarningsContract": "warnings",
    "GatewaySetupContract": "gateway_setup",
    "GenerationsContract": "generations",
    "HistoryContract": "history",
    "IdSourceContract": "ids",
    "ImageGeneratorContract": "images",
    "ImageStoreContract": "images",
    "InboxContract": "inbox",
    "IncidentsContract": "incidents",
    "JobQueueContract": "jobs",
    "JobRunnerContract": "runner",
    "JobsContract": "jobs",
    "ModelWatchContract": "model_watch",
    "NotifierContract": "notifier",
    "OverviewContract": "overview",
    "PaymentGatewayContract": "gateway",
    "PricesContract": "shelf",
    "RatesContract": "rates",
    "RegisterContract": "register",
    "ShelfContract": "shelf",
    "WebhooksContract": "webhooks",
}

__all__ = [
    "AccountRepositoryContract",
    "ApiKeysContract",
    "ArchiveContract",
    "BookmarksContract",
    "BooksContract",
    "CatalogsContract",
    "ClockContract",
    "DirectoryContract",
    "FiguresContract",
    "FraudWarningsContract",
    "GatewaySetupContract",
    "GenerationsContract",
    "HistoryContract",
    "IdSourceContract",
    "ImageGeneratorContract",
    "ImageStoreContract",
    "InboxContract",
    "IncidentsContract",
    "JobQueueContract",
    "JobRunnerContract",
    "JobsContract",
    "ModelWatchContract",
    "NotifierContract",
    "OverviewContract",
    "PaymentGatewayContract",
    "PricesContract",
    "RatesContract",
    "RegisterContract",
    "ShelfContract",
    "WebhooksContract",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
