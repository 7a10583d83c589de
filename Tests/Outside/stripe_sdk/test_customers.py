"""Stripe's own SDK against the sandbox: customers."""

from __future__ import annotations

import re

from stripe import InvalidRequestError

from sdk import Shop, refused, script


@script
def test_customers(shop: Shop):
    customers = shop.v1.customers
    with shop.step("create a customer"):
        ada = customers.create(
            params={"email": "ada@customer.example", "name": "Ada Lovelace", "metadata": {"plan": "gold", "seat": "7"}}
        )
        assert re.fullmatch(r"cus_\w+", ada.id)
        assert (ada.email, ada.name, ada.livemode, ada.object) == (
            "ada@customer.example", "Ada Lovelace", False, "customer",
        )
    with shop.step("retrieve it, and it is the same"):
        assert customers.retrieve(ada.id).to_dict() == ada.to_dict()
    with shop.step("update one field, and the others stay"):
        changed = customers.update(ada.id, params={"description": "a regular", "phone": "+4420"})
        assert (changed.description, changed.phone, changed.name) == ("a regular", "+4420", "Ada Lovelace")
    with shop.step("unset a field by the empty string"):
        assert customers.update(ada.id, params={"name": ""}).name is None
        assert customers.retrieve(ada.id).email == "ada@customer.example"
    with shop.step("add metadata to what is there"):
        metadata = customers.update(ada.id, params={"metadata": {"door": "3"}}).metadata
        assert metadata.to_dict() == {"plan": "gold", "seat": "7", "door": "3"}
    with shop.step("remove one key of metadata by the empty string, and all of it at once"):
        assert customers.update(ada.id, params={"metadata": {"seat": ""}}).metadata.to_dict() == {
            "plan": "gold", "door": "3",
        }
        assert customers.update(ada.id, params={"metadata": ""}).metadata.to_dict() == {}
    with shop.step("50 keys of metadata, and not one more"):
        fifty = {f"key_{n}": "v" for n in range(50)}
        assert len(customers.update(ada.id, params={"metadata": fifty}).metadata.to_dict()) == 50
        refused(InvalidRequestError, 400, lambda: customers.update(ada.id, params={"metadata": {"one_more": "v"}}))
        refused(
            InvalidRequestError, 400, lambda: customers.create(params={"metadata": fifty | {"one_more": "v"}})
        )
    with shop.step("metadata keys of 40 and values of 500 characters, and not one more"):
        customers.update(ada.id, params={"metadata": ""})
        customers.update(ada.id, params={"metadata": {"k" * 40: "v" * 500}})
        for metadata in ({"k" * 41: "v"}, {"k": "v" * 501}):
            refused(InvalidRequestError, 400, lambda: customers.update(ada.id, params={"metadata": metadata}))
    with shop.step("list by email"):
        grace = customers.create(params={"email": "grace@customer.example"})
        listed = customers.list(params={"email": "grace@customer.example"})
        assert [it.id for it in listed.data] == [grace.id]
        assert (listed.object, listed.has_more) == ("list", False)
        assert customers.list(params={"email": "nobody@customer.example"}).data == []
    with shop.step("set and unset the default payment method"):
        method = shop.v1.payment_methods.attach("pm_card_visa", params={"customer": ada.id})
        settings = {"invoice_settings": {"default_payment_method": method.id}}
        assert customers.update(ada.id, params=settings).invoice_settings.default_payment_method == method.id
        settings = {"invoice_settings": {"default_payment_method": ""}}
        assert customers.update(ada.id, params=settings).invoice_settings.default_payment_method is None
    with shop.step("delete a customer"):
        gone = customers.delete(grace.id)
        assert (gone.id, gone.deleted) == (grace.id, True)
    with shop.step("a deleted customer is still found, with nothing but its id"):
        found = customers.retrieve(grace.id)
        assert found.to_dict() == {"id": grace.id, "object": "customer", "deleted": True}
    with shop.step("deleting it twice is 404"):
        refused(InvalidRequestError, 404, lambda: customers.delete(grace.id), code="resource_missing")
    with shop.step("a deleted customer is neither listed nor charged"):
        assert grace.id not in [it.id for it in customers.list().data]
        refused(
            InvalidRequestError, 400, lambda: shop.charge(grace.id, "pm_card_visa"),
            code="resource_missing", param="customer",
        )
