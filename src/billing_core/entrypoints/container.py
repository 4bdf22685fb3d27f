"""Where everything is wired: with `parts`, the only importer of adapters.

Providers are sync functions whose declared return types are ports: that is where mypy proves that an adapter fits.
What must be opened and closed is opened by `lifespan.running`, which gives it to the container.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from attrs import define
from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Factory, Singleton

from billing_core.adapters.books.columns import AccountColumns, Describe, columns_of
from billing_core.adapters.simulated import SimulatedStripe
from billing_core.adapters.stripe.api import Api
from billing_core.adapters.stripe.archive import StripeArchive
from billing_core.adapters.stripe.gateway import StripeGateway
from billing_core.adapters.stripe.pages import LIVE_DASHBOARD, TEST_DASHBOARD
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.transport import Answering
from billing_core.adapters.stripe.webhooks import StripeWebhooks
from billing_core.adapters.system import FixedClock, MovableClock, SystemIds
from billing_core.application.accepting import Accepting
from billing_core.application.accruing import Accruing
from billing_core.application.adjusting import Adjusting, Forgiving
from billing_core.application.auditing import Auditing
from billing_core.application.buying import Buying
from billing_core.application.canceling import Canceling
from billing_core.application.canceling_generation import CancelingGeneration
from billing_core.application.changing import Changing, Quoting
from billing_core.application.checking_models import CheckingModels
from billing_core.application.checking_out import CheckingOut
from billing_core.application.claiming_cards import ClaimingCards
from billing_core.application.delivering import Delivering
from billing_core.application.diagnosing import Diagnosing
from billing_core.application.diagnosing_books import checks_of
from billing_core.application.endings import Ending
from billing_core.application.explaining import Explaining
from billing_core.application.fetching import FetchingEvent, FetchingInvoice
from billing_core.application.forgetting import Forgetting
from billing_core.application.guarding import Guarding
from billing_core.application.keying import Keying, UsingKey
from billing_core.application.linking import Linking
from billing_core.application.listing_webhooks import ListingWebhooks
from billing_core.application.making import Making
from billing_core.application.managing import Managing
from billing_core.application.matching import Matching
from billing_core.application.measuring import Measuring
from billing_core.application.mending import Mending
from billing_core.application.noticing import NoticingAccounts, NoticingIncidents
from billing_core.application.notifying import Notifying
from billing_core.application.orphans import ReportingOrphan
from billing_core.application.overseeing import Overseeing
from billing_core.application.paying import ListingPayments
from billing_core.application.receiving import Receiving
from billing_core.application.reckoning import Reckoning
from billing_core.application.refreshing import CancelingSurplus, Refreshing
from billing_core.application.refreshing_payments import RefreshingPayment
from billing_core.application.refunding import Refunding, RefundingWarned
from billing_core.application.replaying import Replaying
from billing_core.application.reporting import ReportingRefusals
from billing_core.application.resolving import Resolving
from billing_core.application.reviewing import Reviewing
from billing_core.application.shelving import CheckingShelf
from billing_core.application.showing import Hiding, Showing
from billing_core.application.sketching import Sketching
from billing_core.application.spending import Capturing, Holding, Releasing
from billing_core.application.subscribing import Subscribing
from billing_core.application.summing_up import SummingUp
from billing_core.application.suspending import Suspending
from billing_core.application.tending_generations import TendingGenerations
from billing_core.application.tidying import Tidying
from billing_core.application.transactions import ListingTransactions
from billing_core.application.unbooked import ReportingUnbooked
from billing_core.application.upholding import Upholding
from billing_core.application.viewing import Viewing
from billing_core.application.watching import Watching
from billing_core.domain.account import Account
from billing_core.domain.accrual import next_due_at
from billing_core.domain.catalog import Catalog
from billing_core.domain.plan_in_force import plan_given, plan_subscription
from billing_core.entrypoints.parts.images import drawn_images, image_store, marked_images, no_models
from billing_core.entrypoints.parts.jobs import runner
from billing_core.entrypoints.parts.mail import notifier_of
from billing_core.entrypoints.parts.stripe import api_of, given_prices
from billing_core.entrypoints.settings import MEMORY, Settings
from billing_core.entrypoints.stripe_settings import Mode
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.archive import Archive
from billing_core.ports.books import Books
from billing_core.ports.clock import Clock
from billing_core.ports.gateway import PaymentGateway
from billing_core.ports.ids import IdSource
from billing_core.ports.images import ImageGenerator, ImageStore
from billing_core.ports.incidents import Incidents
from billing_core.ports.jobs import JobRunner
from billing_core.ports.model_watch import ModelWatch
from billing_core.ports.notifier import Notifier
from billing_core.ports.webhooks import Webhooks

Deliver = Callable[[bytes, str], Awaitable[int]]


@define
class Described:
    """Tells the plain columns of an account's row. The catalog is read from the books, so it comes after they open."""

    catalog: Catalog | None = None

    def __call__(self, account: Account) -> AccountColumns:
        if self.catalog is None or account.as_of is None:
            return columns_of(account)
        sub = plan_subscription(account, self.catalog)
        return columns_of(
            account,
            plan=plan_given(account, sub, account.as_of, self.catalog).plan.key,
            status=sub.status.value if sub and sub.status else "none",
            next_due_at=next_due_at(account, self.catalog),
        )


def descriptions(catalog: Catalog) -> tuple[Describe, ...]:
    """The columns as the catalog tells them, then as each earlier state of it did: newest first."""
    versions = catalog.versions
    return tuple(Described(Catalog(versions[:n])) for n in range(len(versions), 0, -1))


def movable_clock(offset: timedelta) -> MovableClock:
    """The machine's time with a head start."""
    return MovableClock(offset)


def standing_clock(now: datetime) -> FixedClock:
    """A time that moves only when it is told to."""
    return FixedClock(now)


def system_ids() -> IdSource:
    return SystemIds()


def simulated_stripe(settings: Settings, catalog: Catalog, clock: Clock, deliver: Deliver) -> SimulatedStripe:
    state = None if settings.database_url == MEMORY else settings.folder / "simulated-gateway.json"
    return SimulatedStripe(
        lambda: catalog, clock, settings.webhook_secrets[0], settings.base_url, deliver, state_path=state
    )


def in_process(stripe: SimulatedStripe) -> Answering:
    return stripe.answer


def price_book(settings: Settings, api: Api, catalog: Catalog) -> PriceBook:
    return PriceBook(api, given_prices(settings, catalog.current))


def gateway(settings: Settings, api: Api, prices: PriceBook) -> PaymentGateway:
    return StripeGateway(api, prices, LIVE_DASHBOARD if settings.mode is Mode.LIVE else TEST_DASHBOARD)


def webhooks(settings: Settings, prices: PriceBook) -> Webhooks:
    return StripeWebhooks(secrets=settings.webhook_secrets, prices=prices)


def stripe_archive(api: Api, prices: PriceBook) -> Archive:
    return StripeArchive(api.in_bulk(), prices)


def noticing_accounts(books: Books, catalog: Catalog) -> AccountRepository:
    return NoticingAccounts(books.accounts, catalog)


def noticing_incidents(books: Books) -> Incidents:
    return NoticingIncidents(books.incidents, books.accounts)


class Container(DeclarativeContainer):
    """One of each. `gateway`, `webhooks`, `images`, `clock` may be overridden by an embedding developer's own,
    `answering` by a way to the real Stripe, `images` and `model_watch` by real providers."""

    settings: Dependency[Settings] = Dependency(instance_of=Settings)
    books: Dependency[Books] = Dependency()
    catalog: Dependency[Catalog] = Dependency(instance_of=Catalog)
    deliver: Dependency[Deliver] = Dependency()
    clock: Dependency[Clock] = Dependency()

    simulated: Singleton[SimulatedStripe] = Singleton(simulated_stripe, settings, catalog, clock, deliver)
    answering: Singleton[Answering] = Singleton(in_process, simulated)
    api: Singleton[Api] = Singleton(api_of, settings, answering)
    prices: Singleton[PriceBook] = Singleton(price_book, settings, api, catalog)
    archive: Singleton[Archive] = Singleton(stripe_archive, api, prices)

    accounts: Singleton[AccountRepository] = Singleton(noticing_accounts, books, catalog)
    incidents: Singleton[Incidents] = Singleton(noticing_incidents, books)
    ids: Singleton[IdSource] = Singleton(system_ids)
    gateway: Singleton[PaymentGateway] = Singleton(gateway, settings, api, prices)
    webhooks: Singleton[Webhooks] = Singleton(webhooks, settings, prices)
    images: Singleton[ImageGenerator] = Singleton(drawn_images, settings)
    marked: Singleton[ImageGenerator] = Singleton(marked_images, images)
    model_watch: Singleton[ModelWatch] = Singleton(no_models)
    store: Singleton[ImageStore] = Singleton(image_store, settings)
    notifier: Singleton[Notifier] = Singleton(notifier_of, settings, clock)
    runner: Factory[JobRunner] = Factory(runner, settings, books, clock)

    viewing = Singleton(Viewing, accounts, catalog, clock)
    transactions = Singleton(ListingTransactions, accounts, books.provided.history, catalog, clock)
    explaining = Singleton(Explaining, accounts, books.provided.history, books.provided.generations, catalog, clock)
    checking_out = Singleton(CheckingOut, accounts, gateway, catalog, clock)
    subscribing = Singleton(Subscribing, checking_out)
    buying = Singleton(Buying, checking_out)
    managing = Singleton(Managing, accounts, gateway)
    paying = Singleton(ListingPayments, accounts, gateway)
    linking = Singleton(Linking, gateway, books.provided.bookmarks, catalog)
    reporting_refusals = Singleton(ReportingRefusals, incidents, clock)
    claiming_cards = Singleton(ClaimingCards, accounts, books.provided.directory, gateway, reporting_refusals)
    refreshing = Singleton(Refreshing, accounts, gateway, claiming_cards, catalog, clock)
    canceling_surplus = Singleton(CancelingSurplus, gateway, refreshing)
    fetching_invoice = Singleton(FetchingInvoice, accounts, gateway, catalog, clock)
    quoting = Singleton(Quoting, accounts, gateway, catalog, clock, settings.provided.signing_key)
    changing = Singleton(Changing, accounts, gateway, quoting, refreshing, catalog, clock, ids)
    canceling = Singleton(Canceling, accounts, gateway, refreshing, catalog, clock, ids)
    holding = Singleton(Holding, accounts, catalog, clock, ids)
    capturing = Singleton(Capturing, accounts, catalog, clock)
    releasing = Singleton(Releasing, accounts, catalog, clock)
    adjusting = Singleton(Adjusting, accounts, catalog, clock, ids)
    forgiving = Singleton(Forgiving, accounts, catalog, clock)
    suspending = Singleton(Suspending, accounts, catalog, clock)
    accepting = Singleton(Accepting, accounts, catalog, clock, ids)
    ending = Singleton(Ending, accounts, catalog, clock)
    sketching = Singleton(Sketching, accounts, store, clock)
    delivering = Singleton(Delivering, accounts, books.provided.generations, store, ending, catalog, clock, ids)
    making = Singleton(
        Making,
        accounts,
        books.provided.generations,
        marked,
        incidents,
        sketching,
        delivering,
        ending,
        catalog,
        clock,
    )
    tending_generations = Singleton(
        TendingGenerations, accounts, books.provided.generations, books.provided.jobs, ending, clock
    )
    tidying = Singleton(Tidying, books.provided.generations, store)
    canceling_generation = Singleton(CancelingGeneration, accounts, books.provided.generations, catalog, clock)
    watching = Singleton(Watching, books.provided.generations)
    showing = Singleton(Showing, books.provided.generations, store)
    hiding = Singleton(Hiding, accounts, books.provided.generations, catalog, clock)
    keying = Singleton(Keying, accounts, books.provided.api_keys, catalog, clock, ids)
    using_key = Singleton(UsingKey, accounts, books.provided.api_keys, catalog, clock)
    receiving = Singleton(
        Receiving,
        accounts,
        books.provided.directory,
        books.provided.inbox,
        webhooks,
        prices,
        catalog,
        clock,
        livemode=settings.provided.mode.is_live,
    )
    replaying = Singleton(Replaying, books.provided.inbox, receiving, prices)
    refreshing_payment = Singleton(
        RefreshingPayment,
        accounts,
        books.provided.directory,
        books.provided.inbox,
        incidents,
        gateway,
        webhooks,
        catalog,
        clock,
        books.provided.warnings,
        settings.provided.fraud,
    )
    refunding = Singleton(Refunding, accounts, gateway, refreshing, refreshing_payment, catalog, clock, ids)
    refunding_warned = Singleton(
        RefundingWarned, refunding, books.provided.warnings, incidents, settings.provided.fraud, clock
    )
    reviewing = Singleton(Reviewing, accounts, books.provided.warnings, incidents, catalog, clock)
    fetching_event = Singleton(FetchingEvent, gateway, webhooks, receiving, clock)
    checking_shelf = Singleton(CheckingShelf, prices, incidents, catalog, clock)
    checking_models = Singleton(CheckingModels, model_watch, incidents, clock)
    reporting_orphan = Singleton(ReportingOrphan, books.provided.directory, incidents, clock)
    reporting_unbooked = Singleton(ReportingUnbooked, accounts, clock)
    notifying = Singleton(Notifying, accounts, books.provided.inbox, notifier, clock, settings.provided.admin_emails)
    accruing = Singleton(
        Accruing,
        accounts,
        books.provided.register,
        books.provided.history,
        incidents,
        catalog,
        clock,
    )
    upholding = Singleton(Upholding, accounts, gateway, refreshing_payment, catalog, clock)
    mending = Singleton(
        Mending,
        accounts,
        books.provided.directory,
        receiving,
        replaying,
        accruing,
        refreshing,
        fetching_invoice,
        refreshing_payment,
        canceling_surplus,
        refunding,
        checking_shelf,
        upholding,
        catalog,
        clock,
    )
    resolving = Singleton(Resolving, books.provided.incidents, mending, accounts, catalog, clock)
    reckoning = Singleton(Reckoning, books.provided.figures, books.provided.history, catalog)
    forgetting = Singleton(Forgetting, books.provided.inbox, clock)
    overseeing = Singleton(
        Overseeing,
        reckoning,
        books.provided.figures,
        books.provided.overview,
        books.provided.incidents,
        books.provided.inbox,
        books.provided.history,
        viewing,
        clock,
    )
    summing_up = Singleton(SummingUp, reckoning, books.provided.figures, books.provided.overview, clock)
    listing_webhooks = Singleton(ListingWebhooks, books.provided.inbox, books.provided.overview, receiving, replaying)
    diagnosing = Singleton(Diagnosing, Singleton(checks_of, books, clock))
    matching = Singleton(Matching, accounts, gateway, clock)
    auditing = Singleton(
        Auditing, books.provided.register, books.provided.history, Singleton(descriptions, catalog), catalog, clock
    )
    measuring = Singleton(
        Measuring,
        books.provided.inbox,
        books.provided.overview,
        books.provided.jobs,
        books.provided.bookmarks,
        webhooks,
        clock,
        books.provided.groups,
    )
    guarding = Singleton(
        Guarding, accruing, books.provided.register, incidents, books.provided.bookmarks, catalog, clock
    )
