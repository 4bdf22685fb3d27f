"""What operators are told of each kind of incident. `docs/incidents.md` is made from it."""

from collections.abc import Mapping

from billing_core.domain.guides_of_books import OF_BOOKS
from billing_core.domain.incidents import Guide, IncidentKind, Resolution, Severity

HIGH, MEDIUM, LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW
ASSIGN, RETRY, FETCH_AGAIN = Resolution.ASSIGN, Resolution.RETRY, Resolution.FETCH_AGAIN
REINSTATE, CANCEL = Resolution.REINSTATE, Resolution.CANCEL_SUBSCRIPTION
REFUND = Resolution.REFUND

_MONEY: Mapping[IncidentKind, Guide] = {
    IncidentKind.ORPHAN_PAYMENT: Guide(
        title="A payment belongs to nobody",
        severity=HIGH,
        happened="Somebody paid, or got money back, and no account of yours is known to be theirs.",
        done="The payment was put aside. Nothing was booked and nobody got credits for it.",
        advice="Find out who paid (the payment's page at Stripe names their e-mail) and assign it to their account: "
        "what was put aside is then booked there.",
        resolutions=(ASSIGN,),
    ),
    IncidentKind.UNEXPLAINED_PAYMENT: Guide(
        title="A payment for something that is not sold",
        severity=HIGH,
        happened="A checkout was paid, and nothing tells which plan or pack it was for; or an invoice has a pack that "
        "nobody bought at a checkout.",
        done="It gave no credits.",
        advice="Look at the checkout or invoice at Stripe. Give the customer their credits by hand, or give the "
        "payment back.",
        resolutions=(REFUND,),
    ),
    IncidentKind.UNKNOWN_PRICE: Guide(
        title="A price that the catalog does not know",
        severity=HIGH,
        happened="A subscription or a payment has a price that stands in no version of your catalog.",
        done="The customer keeps the plan that they had. A payment waits and is tried again for about a month.",
        advice="Add the price to the catalog (or give the catalog's price that id), restart, then fetch it again.",
        resolutions=(FETCH_AGAIN,),
    ),
    IncidentKind.PAYMENT_TOO_OLD: Guide(
        title="A payment came to light too late",
        severity=MEDIUM,
        happened="A payment for a time that was closed long ago was told of only now.",
        done="It was not booked, and gave no credits.",
        advice="Decide whether the customer should get credits by hand, or their money back.",
        resolutions=(REFUND,),
    ),
    IncidentKind.SLOT_PAID_LATE: Guide(
        title="A month was paid after it had ended",
        severity=LOW,
        happened="The payment for a month came more than a day after that month was over.",
        done="It was booked. Its credits had expired by the time they were granted.",
        advice="Give the customer some credits by hand if the delay was not theirs.",
    ),
    IncidentKind.LINE_UNPLACED: Guide(
        title="A paid line that fits no month",
        severity=MEDIUM,
        happened="An invoice charges for a time that ends where no month of its subscription ends.",
        done="The payment was booked, but this line gave no credits.",
        advice="Look at the invoice at Stripe, and give the credits by hand where the customer should have them.",
    ),
    IncidentKind.INVOICE_NOT_FINALIZED: Guide(
        title="An invoice that Stripe could not finish",
        severity=HIGH,
        happened="Stripe could not finalize an invoice, often for a missing address or a tax setting.",
        done="Nothing. No money is collected until it is put right.",
        advice="Put it right on the invoice's page at Stripe. Once it is paid, fetch it again or wait for the webhook.",
        resolutions=(FETCH_AGAIN,),
    ),
    IncidentKind.INVOICE_OVERPAID: Guide(
        title="An invoice was paid with too much",
        severity=LOW,
        happened="More money came in for an invoice than it asked for.",
        done="Stripe keeps the rest on the customer's balance, for their next invoice.",
        advice="Leave it there, or pay it back from the customer's page at Stripe.",
    ),
    IncidentKind.PAYMENT_UNDER_REVIEW: Guide(
        title="A payment waits for your review",
        severity=HIGH,
        happened="Stripe Radar finds a payment suspicious and wants a person to look at it.",
        done="The payment counts, and its credits can be spent.",
        advice="Give it back here; or approve it at Stripe, then fetch it again so that the books follow at once.",
        resolutions=(REFUND, FETCH_AGAIN),
    ),
    IncidentKind.FRAUD_WARNING: Guide(
        title="A card's network warns of fraud",
        severity=HIGH,
        happened="The network of the card believes that its owner did not make this payment.",
        done="The warning is a case of its own (docs/fraud.md). What the policy for the payment's risk says was done: "
        "nothing, the account was suspended, or the payment is given back.",
        advice="Giving it back now usually avoids a dispute and its fee. Then decide the case: dismissed, it suspends "
        "the account no more.",
        resolutions=(REFUND, FETCH_AGAIN),
    ),
    IncidentKind.DISPUTE_OPENED: Guide(
        title="A payment is disputed",
        severity=HIGH,
        happened="The customer asked their bank to take a payment back.",
        done="The account is suspended: it can read but neither buy nor spend.",
        advice="Answer the bank at Stripe before its deadline. Once that is decided the books follow; fetch it again "
        "to hurry them, or reinstate the account if you trust the customer.",
        resolutions=(FETCH_AGAIN, REINSTATE),
    ),
    IncidentKind.DISPUTE_LOST: Guide(
        title="A dispute was lost",
        severity=MEDIUM,
        happened="The bank has taken a disputed payment back for good.",
        done="The credits of that payment were taken back, and the account stays suspended.",
        advice="Reinstate the account if you still want this customer, or dismiss this and leave it suspended.",
        resolutions=(REINSTATE, FETCH_AGAIN),
    ),
}

_SUBSCRIPTIONS: Mapping[IncidentKind, Guide] = {
    IncidentKind.SURPLUS_SUBSCRIPTION: Guide(
        title="An account has two subscriptions",
        severity=HIGH,
        happened="One customer has two live plan subscriptions and is charged for both.",
        done="The newest counts. The other is being canceled, unless it was found by an import.",
        advice="Cancel the other one if it still lives (what was paid for its rest goes to the customer's balance), "
        "and consider a refund at Stripe.",
        resolutions=(CANCEL, FETCH_AGAIN),
    ),
    IncidentKind.UNEXPECTED_STATUS: Guide(
        title="A subscription made an impossible step",
        severity=LOW,
        happened="A subscription got a status that its last one does not lead to, such as alive again after its end.",
        done="Stripe's word was taken, and the account follows it.",
        advice="Fetch it again to see whether it stays so, and look at its history at Stripe.",
        resolutions=(FETCH_AGAIN,),
    ),
    IncidentKind.TRIAL_CARD_USED: Guide(
        title="A trial with a card that had one before",
        severity=LOW,
        happened="The card that pays a subscription in its trial began the trial of another account before.",
        done="The trial gives no credits, and what it had given is taken back: what was spent of it is debt. The plan "
        "is there, and what is paid for later gives its credits as always.",
        advice="Where two people share a card, give the second one credits by hand. Else leave it.",
    ),
    IncidentKind.OWNER_CONFLICT: Guide(
        title="Two accounts claim the same customer",
        severity=HIGH,
        happened="Something at Stripe (a customer, a subscription, a payment) came up for this account, but belongs to "
        "another one.",
        done="It stays with the account that had it first. Nothing moves between accounts by itself.",
        advice="Find out whose it is. If it was booked wrongly, refund it at Stripe and let the right account "
        "buy again.",
    ),
    IncidentKind.RECONCILE_GONE: Guide(
        title="Stripe does not know a subscription",
        severity=HIGH,
        happened="The books have a live subscription that Stripe says it has never heard of.",
        done="Nothing: it may as well mean that the key belongs to another shop.",
        advice="See that STRIPE_SECRET_KEY is this shop's, then fetch it again.",
        resolutions=(FETCH_AGAIN,),
    ),
    IncidentKind.RECONCILE_UNREADABLE: Guide(
        title="Stripe tells something that cannot be read",
        severity=MEDIUM,
        happened="While the books were compared with Stripe, an object came that could not be understood.",
        done="It was left out; everything else was compared.",
        advice="Fetch it again; if it still cannot be read, send the detail to whoever maintains this product.",
        resolutions=(FETCH_AGAIN,),
    ),
    IncidentKind.RECONCILE_FAILED: Guide(
        title="The books could not follow Stripe",
        severity=HIGH,
        happened="Something differs between the books and Stripe, and taking it in failed.",
        done="It was left as it was, and is looked at again by the next run.",
        advice="Read the detail, mend its cause, then fetch it again.",
        resolutions=(FETCH_AGAIN,),
    ),
    IncidentKind.IMPORT_NO_ACCOUNT: Guide(
        title="An imported customer without an account",
        severity=MEDIUM,
        happened="Nothing tells to which account a customer or a subscription at Stripe belongs.",
        done="It was not imported.",
        advice="Assign it to an account, or give the customer the metadata that the import reads. Then run the import "
        "again: it brings in what belongs to them.",
        resolutions=(ASSIGN,),
    ),
    IncidentKind.IMPORT_CONFLICT: Guide(
        title="An account with two customers at Stripe",
        severity=MEDIUM,
        happened="An import found a second customer for an account that has one.",
        done="The account keeps the one that it had.",
        advice="Merge the two at Stripe by hand, or leave it.",
    ),
    IncidentKind.IMPORT_UNKNOWN_PRICE: Guide(
        title="An imported payment at an unknown price",
        severity=MEDIUM,
        happened="An import met an invoice at a price that stands in no version of your catalog.",
        done="It was not booked.",
        advice="Add the price to the catalog, restart, then fetch it again.",
        resolutions=(FETCH_AGAIN,),
    ),
    IncidentKind.IMPORT_UNREADABLE: Guide(
        title="An import met something that cannot be read",
        severity=MEDIUM,
        happened="An object at Stripe could not be understood.",
        done="It was not imported; the others were.",
        advice="Send the detail to whoever maintains this product, and run the import again afterwards.",
    ),
    IncidentKind.IMPORT_FAILED: Guide(
        title="Something could not be imported",
        severity=MEDIUM,
        happened="Taking in an object of Stripe's failed.",
        done="It was not imported; the others were.",
        advice="Read the detail, mend its cause, then fetch it again (or run the import again).",
        resolutions=(FETCH_AGAIN,),
    ),
}

_WORK: Mapping[IncidentKind, Guide] = {
    IncidentKind.WEBHOOK_FAILED: Guide(
        title="A webhook could not be taken in",
        severity=MEDIUM,
        happened="Stripe told of something that could not be understood, or that a rule refuses.",
        done="It is kept, and is tried again by itself: twelve times, later each time.",
        advice="If its cause is mended already, have it tried again now.",
        resolutions=(RETRY,),
    ),
    IncidentKind.WEBHOOK_DEAD: Guide(
        title="A webhook is not tried any more",
        severity=HIGH,
        happened="A webhook failed at every try.",
        done="It is kept, but is not tried again by itself.",
        advice="Read the detail, mend its cause, then have it tried again.",
        resolutions=(RETRY,),
    ),
    IncidentKind.ACCRUAL_FAILED: Guide(
        title="An account could not be brought up to date",
        severity=HIGH,
        happened="What is due for an account (credits to grant or to expire) could not be written.",
        done="The account was left as it was; the others were brought up to date. It is tried again every day.",
        advice="Read the detail, mend its cause, then have it tried again.",
        resolutions=(RETRY,),
    ),
    IncidentKind.JOB_FAILED: Guide(
        title="A piece of background work failed for good",
        severity=HIGH,
        happened="A job has no handler in this version, or failed sixteen times.",
        done="It is not tried again.",
        advice="Read the detail and mend its cause. `billing-core reconcile` finds what such a job would have "
        "brought in.",
    ),
    IncidentKind.NOTICE_REFUSED: Guide(
        title="A mail is refused for good",
        severity=MEDIUM,
        happened="The mail server does not take a notice, or its address: it said so with an answer of the kind 5xx.",
        done="The notice was given up; nobody got it.",
        advice="Look at the address and at what the server said. Tell the customer in another way, if it matters.",
    ),
    IncidentKind.GATEWAY_REFUSED: Guide(
        title="Stripe does not take what is asked of it",
        severity=HIGH,
        happened="Stripe refused a request for a reason that asking again does not mend: a key, a setting, a price.",
        done="Whoever asked was told that it is not possible now. A trial whose card Stripe does not tell goes on.",
        advice="Mend the setting that the detail names; `billing-core doctor` tells more.",
    ),
    IncidentKind.NOT_ON_SALE: Guide(
        title="Something in the catalog cannot be bought",
        severity=HIGH,
        happened="A price of your catalog was archived or deleted at Stripe.",
        done="Customers cannot buy it; who has it keeps it.",
        advice="Run `billing-core sync-products`, or take it out of the catalog. Then have it looked at again.",
        resolutions=(RETRY,),
    ),
    IncidentKind.IMAGE_PROVIDER: Guide(
        title="A provider does not take what is set up here",
        severity=HIGH,
        happened="An image provider refused a request for its key, its model, a parameter, or your balance there.",
        done="The picture was not made, and cost its customer nothing.",
        advice="Mend what the detail names (docs/images.md); later pictures are made again by themselves.",
    ),
    IncidentKind.MODEL: Guide(
        title="No picture can be made with a model",
        severity=MEDIUM,
        happened="A model of your catalog is unknown to its provider, retired or soon to be, or not set up.",
        done="Pictures asked of it fail and cost nothing; other models work.",
        advice="Do what the detail says. It is looked at every hour, and comes again the next day while it lasts.",
    ),
    IncidentKind.OTHER: Guide(
        title="An oddity of another version",
        severity=MEDIUM,
        happened="It was stored by another version of this product; its detail begins with what that one calls it.",
        done="What that version does.",
        advice="Look it up in the documentation of that version.",
    ),
}

GUIDES: Mapping[IncidentKind, Guide] = {**_MONEY, **_SUBSCRIPTIONS, **OF_BOOKS, **_WORK}


def page() -> str:
    """`docs/incidents.md`."""
    chapters = "\n".join(_chapter(kind, guide) for kind, guide in GUIDES.items())
    return f"""# Incidents

Whatever fits no rule becomes an incident: it is kept once however often it is met, with how often and when last, until
an operator resolves it with a note. One that is met again after that is open again. `GET /api/v1/admin/incidents` and
`billing-core incidents list` show them, `POST /api/v1/admin/incidents/{{id}}/resolve` and `billing-core incidents
resolve ID ACTION --note WHY` have something done about them:

| action | what is done |
|---|---|
| `dismiss` | nothing; the incident is closed with the note |
| `assign` | the ids at Stripe become the named account's, for ever, and what was put aside for them is taken in |
| `retry` | what failed is done once more |
| `fetch_again` | Stripe is asked for it, and the books follow |
| `reinstate` | the suspension for this dispute is lifted; others stay |
| `refund` | all that is left of the payment goes back, once; what is disputed is refused |
| `cancel_subscription` | the surplus subscription is canceled at Stripe with its rest credited, unless it counts |

Each is safe to ask for twice. Where the oddity is still there afterwards the incident stays open, and the answer
says so.

{chapters}"""


def _chapter(kind: IncidentKind, guide: Guide) -> str:
    choices = ", ".join(f"`{choice.value}`" for choice in guide.choices)
    return f"""## {guide.title}

`{kind.value}`, severity {guide.severity.value}.

- **What happened.** {guide.happened}
- **What the system did.** {guide.done}
- **What you may do.** {guide.advice}
- **Actions.** {choices}
"""
