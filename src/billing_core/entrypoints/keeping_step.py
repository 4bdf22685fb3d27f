"""What brings the books into step with Stripe, and watches that they are, wired out of the container's parts."""

from attrs import evolve

from billing_core.application.catching_up import BookingMissedInvoices, FollowingTouchedPayments, TakingMissedEvents
from billing_core.application.checking import Checking
from billing_core.application.comparing import Comparing
from billing_core.application.drifting import FollowingDrift
from billing_core.application.guarding import Guarding
from billing_core.application.importing import Importing
from billing_core.application.reconciling import Reconciling
from billing_core.application.results import Trouble
from billing_core.entrypoints.container import Container


def importing_of(container: Container) -> Importing:
    """Brings an existing business in."""
    books = container.books()
    return Importing(
        books.accounts,
        books.directory,
        books.bookmarks,
        books.incidents,
        container.archive(),
        container.catalog(),
        container.clock(),
    )


def checking_of(container: Container) -> Checking:
    """Tells how every subscription stands."""
    return Checking(_drift_of(container), container.clock())


def reconciling_of(container: Container) -> Reconciling:
    """Finds what was never told, or told wrongly."""
    books, archive, clock, trouble = container.books(), container.archive(), container.clock(), _trouble_of(container)
    events = TakingMissedEvents(container.receiving(), books.directory, archive, clock, trouble)
    invoices = BookingMissedInvoices(
        books.accounts, books.directory, archive, container.fetching_invoice(), clock, trouble
    )
    payments = FollowingTouchedPayments(
        books.accounts,
        books.directory,
        archive,
        container.gateway(),
        container.refreshing_payment(),
        clock,
        trouble,
    )
    return Reconciling(events, _drift_of(container), invoices, payments, books.bookmarks, clock)


def guarding_of(container: Container, *, asks: bool) -> Guarding:
    """Watches what must hold of every account. It asks a simulated Stripe too; the real one is asked by `reconciling`,
    which needs far fewer requests for the same."""
    return evolve(container.guarding(), matching=container.matching() if asks else None)


def _drift_of(container: Container) -> FollowingDrift:
    books = container.books()
    comparing = Comparing(books.accounts, books.directory, books.register, container.archive(), container.clock())
    return FollowingDrift(comparing, container.refreshing(), _trouble_of(container))


def _trouble_of(container: Container) -> Trouble:
    return Trouble(container.books().incidents, container.clock(), "reconcile")
