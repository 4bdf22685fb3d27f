"""All that the doors can call, resolved once."""

from attrs import frozen

from billing_core.application.accepting import Accepting
from billing_core.application.adjusting import Adjusting, Forgiving
from billing_core.application.auditing import Auditing
from billing_core.application.buying import Buying
from billing_core.application.canceling import Canceling
from billing_core.application.canceling_generation import CancelingGeneration
from billing_core.application.changing import Changing, Quoting
from billing_core.application.diagnosing import Diagnosing
from billing_core.application.explaining import Explaining
from billing_core.application.keying import Keying, UsingKey
from billing_core.application.linking import Linking
from billing_core.application.listing_webhooks import ListingWebhooks
from billing_core.application.managing import Managing
from billing_core.application.measuring import Measuring
from billing_core.application.overseeing import Overseeing
from billing_core.application.paying import ListingPayments
from billing_core.application.receiving import Receiving
from billing_core.application.refunding import Refunding
from billing_core.application.reporting import ReportingRefusals
from billing_core.application.resolving import Resolving
from billing_core.application.reviewing import Reviewing
from billing_core.application.showing import Hiding, Showing
from billing_core.application.spending import Capturing, Holding, Releasing
from billing_core.application.subscribing import Subscribing
from billing_core.application.summing_up import SummingUp
from billing_core.application.suspending import Suspending
from billing_core.application.transactions import ListingTransactions
from billing_core.application.viewing import Viewing
from billing_core.application.watching import Watching
from billing_core.domain.catalog import Catalog
from billing_core.entrypoints.simulated import Simulation
from billing_core.ports.clock import Clock
from billing_core.ports.generations import Generations
from billing_core.ports.rates import Rates


@frozen(kw_only=True)
class UseCases:
    """The product, as the doors see it. `simulation` is None where real money is taken."""

    catalog: Catalog
    clock: Clock
    viewing: Viewing
    transactions: ListingTransactions
    explaining: Explaining
    subscribing: Subscribing
    buying: Buying
    managing: Managing
    paying: ListingPayments
    linking: Linking
    quoting: Quoting
    changing: Changing
    canceling: Canceling
    holding: Holding
    capturing: Capturing
    releasing: Releasing
    adjusting: Adjusting
    forgiving: Forgiving
    suspending: Suspending
    refunding: Refunding
    reviewing: Reviewing
    accepting: Accepting
    canceling_generation: CancelingGeneration
    generations: Generations
    watching: Watching
    showing: Showing
    hiding: Hiding
    receiving: Receiving
    reporting_refusals: ReportingRefusals
    resolving: Resolving
    overseeing: Overseeing
    summing_up: SummingUp
    listing_webhooks: ListingWebhooks
    auditing: Auditing
    measuring: Measuring
    diagnosing: Diagnosing
    keying: Keying
    using_key: UsingKey
    rates: Rates
    simulation: Simulation | None
