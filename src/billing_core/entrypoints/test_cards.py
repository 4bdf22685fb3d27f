"""The cards that Stripe takes in test mode, and the simulated Stripe takes too: any future date, any CVC.

The simulated one also takes the numbers of bank accounts where it takes a card's.
"""

TEST_CARDS = {
    "4242 4242 4242 4242": "pays",
    "4000 0025 0000 3155": "asks its owner to authenticate, then pays",
    "4000 0000 0000 0002": "is declined, without a reason",
    "4000 0000 0000 9995": "is declined: insufficient funds",
    "4000 0000 0000 0119": "is declined: the bank could not process it",
    "4000 0000 0000 0341": "pays now and is declined at the renewal",
    "4000 0000 0000 9235": "pays, with an elevated risk",
    "4000 0000 0000 4954": "pays where nothing blocks it, with the highest risk",
    "4100 0000 0000 0019": "pays where nothing blocks it, with the highest risk and an early warning of fraud",
    "4000 0000 0000 5423": "pays; an early warning of fraud follows",
    "4000 0000 0000 0259": "pays; a dispute follows: fraudulent",
    "4000 0000 0000 2685": "pays; a dispute follows: product not received",
    "4000 0000 0000 1976": "pays; an inquiry follows",
    "4000 0000 0000 7726": "pays; its refunds are pending at first",
    "000123456789": "a bank account: pays four days later",
    "000222222222": "a bank account: is declined four days later",
}
