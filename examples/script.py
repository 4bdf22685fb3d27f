"""A plain script: it sells a pack, spends credits, and says where they went.

pip install billing-core
python examples/script.py                       # books in billing.db, beside where it is called
"""

from billing_core import BlockingBilling
from billing_core.domain.errors import InsufficientCredits


def main() -> None:
    with BlockingBilling.open("sqlite:///billing.db") as billing:
        try:
            with billing.spend("ada", credits=25, reason="a poster"):
                print("the poster is printed")
        except InsufficientCredits as denial:
            print(f"no poster: {denial}")

        checkout = billing.checkout("ada", pack="pack_1k", email="ada@example.com")
        paid = billing.call(billing.simulation.pay, checkout.session_id, "4242 4242 4242 4242")
        print(f"the pack: {paid.status}")

        with billing.spend("ada", credits=25, reason="a poster"):
            print("the poster is printed")

        for line in billing.explain("ada").sentences:
            print(line)


if __name__ == "__main__":
    main()
