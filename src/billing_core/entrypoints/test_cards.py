"""The cards that Stripe takes in test mode, and the simulated Stripe takes too: any future date, any CVC."""

TEST_CARDS = {
    "4242 4242 4242 4242": "pays",
    "4000 0025 0000 3155": "asks its owner to authenticate, then pays",
    "4000 0000 0000 9995": "is declined: insufficient funds",
    "4000 0000 0000 0341": "pays now and is declined at the renewal",
    "4000 0000 0000 9235": "pays, with an elevated risk",
    "4000 0000 0000 4954": "pays where nothing blocks it, with the highest risk",
    "4000 0000 0000 7726": "pays; its refunds are pending at first",
}
