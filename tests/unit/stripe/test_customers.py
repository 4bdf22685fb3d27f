"""An account has one customer, whatever happens while it is made."""

import pytest
from attrs import define, field

from billing_core.adapters.stripe.customers import Customers
from billing_core.ports.errors import GatewayRefused, Unavailable
from tests.stripe.canned import CannedStripe, Json, Refusal, page
from tests.stripe.forms import Form

CUSTOMERS = "/v1/customers"


@define
class Register:
    """Stripe's customers, with the answers that it keeps by key. Deleted ones are gone from lists and changes."""

    customers: dict[str, Json] = field(factory=dict)
    stripe: CannedStripe = field(factory=CannedStripe)
    _kept: dict[str, Json] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.stripe.on("GET", CUSTOMERS, self._list).on("POST", CUSTOMERS, self._make)

    def add(
        self, customer_id: str, account_id: str, *, email: str = "a@app.test", created: int = 1_800_000_000
    ) -> None:
        metadata = {"billing_core_account": account_id}
        kept: Json = {"id": customer_id, "email": email, "name": "Ada", "created": created, "metadata": metadata}
        self._put(kept)

    def delete(self, customer_id: str) -> None:
        del self.customers[customer_id]
        self.stripe.on("POST", f"{CUSTOMERS}/{customer_id}", Refusal(404, "resource_missing", "No such customer"))

    async def ensure(self, account_id: str = "acc_1", email: str = "a@app.test", name: str = "Ada") -> str:
        return await Customers(self.stripe.api).ensure_customer(account_id, email=email, name=name)

    def _put(self, customer: Json) -> None:
        self.customers[customer["id"]] = customer

        def change(form: Form) -> Json:
            customer.update({name: value for name, value in form.items() if name in {"email", "name"}})
            return customer

        self.stripe.on("POST", f"{CUSTOMERS}/{customer['id']}", change)

    def _list(self, form: Form) -> Json:
        return page(*(each for each in self.customers.values() if each["email"] == form["email"]))

    def _make(self, form: Form) -> Json:
        key = self.stripe.asked[-1].key
        assert key is not None
        if key not in self._kept:
            made = {"id": f"cus_{len(self._kept) + 1}", "email": None, "name": None, "created": 1_800_000_000, **form}
            self._kept[key] = dict(made)
            self._put(made)
        return self._kept[key]


async def test_a_customer_is_made_for_an_account_with_its_mail_and_name() -> None:
    register = Register()

    customer = register.customers[await register.ensure()]

    assert ("a@app.test", "Ada") == (customer["email"], customer["name"])
    assert {"billing_core_account": "acc_1"} == customer["metadata"]


async def test_the_same_account_has_the_same_customer_and_nothing_is_changed() -> None:
    register = Register()
    first = await register.ensure()
    before = len(register.stripe.asked)

    assert first == await register.ensure()
    assert ["GET"] == [request.method for request in register.stripe.asked[before:]]


async def test_who_was_killed_before_hearing_of_it_gets_the_same_customer() -> None:
    register = Register()
    first = await register.ensure()
    register.customers[first].update(email=None, name=None)  # killed before these were set

    assert first == await register.ensure()
    assert 1 == len(register.customers)


async def test_an_address_that_changed_meanwhile_makes_no_second_customer() -> None:
    register = Register()
    first = await register.ensure(email="a@app.test")

    assert first == await register.ensure(email="b@app.test", name="Ada B.")
    assert ("b@app.test", "Ada B.") == (register.customers[first]["email"], register.customers[first]["name"])


async def test_another_account_with_the_same_address_has_its_own_customer() -> None:
    register = Register()

    assert await register.ensure("acc_1") != await register.ensure("acc_2")


async def test_a_customer_is_found_after_a_key_was_forgotten() -> None:
    register = Register()
    register.add("cus_9", "acc_1")

    assert "cus_9" == await register.ensure()


async def test_of_two_customers_of_an_account_the_oldest_is_taken() -> None:
    register = Register()
    register.add("cus_8", "acc_1", created=1_800_000_009)
    register.add("cus_9", "acc_1", created=1_800_000_001)

    assert "cus_9" == await register.ensure()


async def test_a_name_that_changed_is_kept_in_step() -> None:
    register = Register()
    register.add("cus_9", "acc_1")

    await register.ensure(name="Ada B.")

    assert "Ada B." == register.customers["cus_9"]["name"]


@pytest.mark.parametrize("email", ["a@app.test", ""])
async def test_a_deleted_customer_is_made_anew(email: str) -> None:
    register = Register()
    first = await register.ensure(email=email, name="")
    register.delete(first)
    second = await register.ensure(email=email, name="")
    register.delete(second)

    assert 3 == len({first, second, await register.ensure(email=email, name="")})


async def test_an_account_whose_customers_are_all_deleted_is_a_matter_for_a_person() -> None:
    register = Register()
    for _ in range(4):
        register.delete(await register.ensure())

    with pytest.raises(GatewayRefused):
        await register.ensure()


async def test_an_account_without_an_address_has_a_customer() -> None:
    register = Register()

    assert await register.ensure(email="", name="") == await register.ensure(email="", name="")
    assert [] == register.stripe.all("GET", CUSTOMERS)


async def test_an_address_that_stripe_does_not_take_is_left_out() -> None:
    stripe = CannedStripe().on("GET", CUSTOMERS, page()).on("POST", CUSTOMERS, {"id": "cus_1"})
    stripe.on("POST", f"{CUSTOMERS}/cus_1", Refusal(400, "email_invalid", param="email"), {"id": "cus_1"})

    assert "cus_1" == await Customers(stripe.api).ensure_customer("acc_1", email="ada", name="Ada")
    assert [True, False] == ["email" in change.form for change in stripe.all("POST", f"{CUSTOMERS}/cus_1")]


async def test_a_name_that_stripe_does_not_take_is_refused() -> None:
    stripe = CannedStripe().on("GET", CUSTOMERS, page()).on("POST", CUSTOMERS, {"id": "cus_1"})
    stripe.on("POST", f"{CUSTOMERS}/cus_1", Refusal(400, param="name"))

    with pytest.raises(GatewayRefused):
        await Customers(stripe.api).ensure_customer("acc_1", email="a@app.test", name="?")


async def test_a_name_that_is_too_long_is_cut_and_an_address_is_left_out() -> None:
    register = Register()

    customer = register.customers[await register.ensure(email=f"{'a' * 600}@app.test", name="n" * 600)]

    assert ("", 256) == (customer["email"], len(customer["name"]))


async def test_nothing_is_made_while_nobody_can_look() -> None:
    stripe = CannedStripe().on("GET", CUSTOMERS, Refusal(500))

    with pytest.raises(Unavailable):
        await Customers(stripe.api).ensure_customer("acc_1", email="a@app.test", name="Ada")
    assert [] == stripe.all("POST", CUSTOMERS)
