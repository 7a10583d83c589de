"""Stripe's own SDK against the sandbox: lists."""

from __future__ import annotations

from stripe import InvalidRequestError

from sdk import Shop, refused, script


@script
def test_lists(shop: Shop):
    customers, intents, charges = shop.v1.customers, shop.v1.payment_intents, shop.v1.charges
    made = [customers.create(params={"email": f"n{number}@customer.example"}).id for number in range(27)]
    newest_first = made[::-1]
    with shop.step("a page is of ten, newest first"):
        page = customers.list()
        assert [it.id for it in page.data] == newest_first[:10] and page.has_more
    with shop.step("auto-pagination finds all of them once"):
        mark = len(shop.http.exchanges)
        assert [it.id for it in customers.list(params={"limit": 10}).auto_paging_iter()] == newest_first
        assert len(shop.http.exchanges) - mark == 3
    with shop.step("auto-pagination backwards as well"):
        backwards = customers.list(params={"limit": 10, "ending_before": newest_first[-1]})
        assert [it.id for it in backwards.data] == newest_first[16:26]
        assert [it.id for it in backwards.auto_paging_iter()] == newest_first[:26][::-1]
    with shop.step("from the middle, both ways"):
        after = customers.list(params={"limit": 3, "starting_after": newest_first[10]})
        assert [it.id for it in after.data] == newest_first[11:14] and after.has_more
        before = customers.list(params={"limit": 3, "ending_before": newest_first[10]})
        assert [it.id for it in before.data] == newest_first[7:10] and before.has_more
        assert not customers.list(params={"limit": 3, "ending_before": newest_first[3]}).has_more
    with shop.step("a limit is 1 to 100"):
        assert len(customers.list(params={"limit": 100}).data) == 27
        for limit in (0, 101):
            refused(InvalidRequestError, 400, lambda: customers.list(params={"limit": limit}), param="limit")
    with shop.step("a cursor that nobody has is refused"):
        refused(
            InvalidRequestError, 400, lambda: customers.list(params={"starting_after": "cus_nobody"}),
            code="resource_missing", param="starting_after",
        )
    with shop.step("filter by the time of creation"):
        ada, visa = shop.customer("pm_card_visa")
        early = shop.charge(ada, visa)
        shop.world.pass_time(hours=1)
        late = shop.charge(ada, visa, amount=2000)
        for created, expected in (
            ({"gte": late.created}, [late.id]),
            ({"lt": late.created}, [early.id]),
            ({"gt": early.created}, [late.id]),
            ({"lte": early.created}, [early.id]),
            ({"gte": early.created, "lte": late.created}, [late.id, early.id]),
            (early.created, [early.id]),
        ):
            assert [it.id for it in intents.list(params={"created": created}).data] == expected, created
    with shop.step("filter by customer and by PaymentIntent"):
        assert [it.id for it in intents.list(params={"customer": ada}).data] == [late.id, early.id]
        assert intents.list(params={"customer": made[0]}).data == []
        assert [it.id for it in charges.list(params={"payment_intent": late.id}).data] == [late.latest_charge]
        assert [it.amount for it in charges.list(params={"customer": ada}).data] == [2000, 1099]
    with shop.step("expand, also what lies deeper"):
        paid = intents.retrieve(late.id, params={"expand": ["latest_charge.balance_transaction", "customer"]})
        assert paid.customer.email == "ada@customer.example"
        transaction = paid.latest_charge.balance_transaction
        assert transaction.amount == 2000 and transaction.net == 2000 - transaction.fee
        assert transaction.source == paid.latest_charge.id
    with shop.step("expand in a list"):
        listed = intents.list(params={"customer": ada, "expand": ["data.latest_charge", "data.payment_method"]})
        assert [it.latest_charge.amount for it in listed.data] == [2000, 1099]
        assert listed.data[0].payment_method.card.last4 == "4242"
    with shop.step("expand[] and expand[0] are the same, also when creating"):
        for name in ("expand[]", "expand[0]", "expand%5B%5D"):
            answer = shop.ask("GET", f"/v1/payment_intents/{late.id}", name + "=latest_charge")
            assert answer.body["latest_charge"]["object"] == "charge", name
        answer = shop.ask(
            "POST", "/v1/payment_intents", "amount=1099&currency=usd&expand[]=latest_charge&expand[]=customer"
            f"&customer={ada}&payment_method={visa}&confirm=true&off_session=true", Idempotency_Key="expanding",
        )
        assert answer.body["latest_charge"]["paid"] and answer.body["customer"]["id"] == ada
    with shop.step("expand four levels deep and no deeper"):
        chain = "latest_charge.payment_intent.latest_charge.payment_intent"
        deep = intents.retrieve(late.id, params={"expand": [chain]})
        assert deep.latest_charge.payment_intent.latest_charge.payment_intent.id == late.id
        refused(
            InvalidRequestError, 400, lambda: intents.retrieve(late.id, params={"expand": [chain + ".latest_charge"]})
        )
    with shop.step("expand what cannot be expanded"):
        for wrong in ("amount", "nothing"):
            refused(InvalidRequestError, 400, lambda: intents.retrieve(late.id, params={"expand": [wrong]}))
    with shop.step("search is behind: what was just made is not found"):
        by_email = {"query": "email:'hedy@customer.example'"}
        by_metadata = {"query": "metadata['dues_charge']:'ch-77'"}
        hedy = customers.create(params={"email": "hedy@customer.example", "metadata": {"job": "gold"}})
        card = shop.v1.payment_methods.attach("pm_card_visa", params={"customer": hedy.id})
        paid = shop.charge(hedy.id, card.id, metadata={"dues_charge": "ch-77"})
        assert customers.search(params=by_email).data == []
        assert intents.search(params=by_metadata).data == []
    with shop.step("…and an hour later it is"):
        shop.world.pass_time(hours=1, minutes=1)
        found = customers.search(params=by_email)
        assert (found.object, found.has_more) == ("search_result", False)
        assert [it.id for it in found.data] == [hedy.id]
        assert [it.id for it in intents.search(params=by_metadata).data] == [paid.id]
        both = {"query": f"customer:'{hedy.id}' AND status:'succeeded'"}
        assert [it.id for it in intents.search(params=both).data] == [paid.id]
        refused(InvalidRequestError, 400, lambda: customers.search(params={"query": "email"}))
    with shop.step("a search has pages as well"):
        query = {"query": "email~'customer.example'", "limit": 10}
        pages = [it.id for it in customers.search(params=query).auto_paging_iter()]
        assert len(pages) == len(set(pages)) == 29
    with shop.step("account and balance"):
        account = shop.v1.accounts.retrieve_current()
        assert account.id.startswith("acct_")
        assert shop.v1.balance.retrieve().livemode is False
