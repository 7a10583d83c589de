"""Every operation and parameter of Stripe's document is known to the sandbox; and the judge of both bites."""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

import pytest

from openapi import DOCUMENT, OpenAPI, Operation
from world import SECRET_KEY, Answer, World, fetch, form

JUDGE = OpenAPI()
FIXTURES = json.loads((DOCUMENT.parent / "fixtures.json").read_text())["resources"]

operations = pytest.mark.parametrize("operation", JUDGE.operations, ids=lambda it: f"{it.method} {it.path}")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory):
    """One for all: nothing here depends on what is in it."""
    with World(tmp_path_factory.mktemp("surface")) as world:
        world.start_sandbox()
        yield world


def ask(sandbox: World, operation: Operation, fields: dict[str, Any]) -> Answer:
    """The operation on an object that nobody has."""
    path = "/".join("x_nobody" if part.startswith("{") else part for part in operation.path.split("/"))
    encoded = form(fields)
    posts = operation.method == "POST"
    url = sandbox.sandbox_url + path + ("?" + encoded.decode() if encoded and not posts else "")
    headers = {
        "Authorization": f"Bearer {SECRET_KEY}",
        "Stripe-Version": JUDGE.version,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return fetch(url, operation.method, encoded if posts else None, headers)


def sample(schema: dict[str, Any], depth: int = 0) -> Any:
    """A value of that shape, with every member that it may have."""
    if "anyOf" in schema:
        return sample(schema["anyOf"][0], depth)
    if schema.get("enum"):
        return schema["enum"][0]
    match schema.get("type"):
        case "object" if schema.get("properties") and depth < 6:
            return {name: sample(member, depth + 1) for name, member in schema["properties"].items()}
        case "object":
            return {"key": "value"}
        case "array":
            return [sample(schema.get("items", {}), depth + 1)]
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case _:
            return "x"


def unknown(answer: Answer) -> str | None:
    """The parameter that was not known."""
    error = answer.json.get("error", {})
    return error.get("param", "?") if error.get("code") == "parameter_unknown" else None


@operations
def test_the_address_is_known(sandbox: World, operation: Operation):
    answer = ask(sandbox, operation, {})
    assert "Unrecognized request URL" not in answer.text, answer.text
    assert answer.status < 500


@operations
def test_a_parameter_of_nobody_is_refused(sandbox: World, operation: Operation):
    answer = ask(sandbox, operation, {"not_a_parameter": "x"})
    assert answer.status == 400 and unknown(answer) == "not_a_parameter", answer.text


@operations
def test_every_parameter_is_known(sandbox: World, operation: Operation):
    """Each sent alone; with all that lies in it, also what is nested."""
    strangers = []
    for name, schema in operation.form["properties"].items():
        answer = ask(sandbox, operation, {name: sample(schema)})
        assert answer.status < 500, f"{name}: {answer.text}"
        stranger = unknown(answer)
        if stranger is not None:
            strangers.append(stranger if stranger.startswith(name) else f"{name} ({stranger})")
        elif "Unrecognized request URL" in answer.text:
            pytest.fail("the address is not known")
    assert not strangers, f"{len(strangers)} of {len(operation.form['properties'])}: {', '.join(strangers)}"


# --- The judge --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "given", "found"),
    [
        ("/v1/payment_methods", "type=card&card[token]=tok_visa", None),
        ("/v1/payment_methods", "type=card&billing_detials[email]=a@b.example", "billing_detials is unknown"),
        ("/v1/payment_methods", "type=card&card[tokn]=tok_visa", "card[tokn] is unknown"),
        ("/v1/payment_methods", "type=crad", "type is unlisted"),
        ("/v1/payment_methods", "type=card&card[exp_month]=May", "card[exp_month] is not of type integer"),
        ("/v1/payment_intents", "amount=1099&currency=usd", None),
        ("/v1/payment_intents", "currency=usd", "amount is missing"),
        ("/v1/payment_intents", "amount=1099&currency=usd&confirm=yes", "confirm is not of type boolean"),
        (
            "/v1/payment_intents",
            "amount=1099&currency=usd&payment_method_types[]=card",
            "payment_method_types is unknown",
        ),
        ("/v1/checkout/sessions", "payment_method_types[]=card", "payment_method_types is unknown"),
        ("/v1/checkout/sessions", "ui_mode=hosted", "ui_mode is unlisted"),
        (
            "/v1/checkout/sessions",
            "line_items[0][price_data][currency]=eur&line_items[0][price_data][product_data][name]=x"
            "&line_items[0][price_data][product_data][nmae]=x&expand[]=a&expand[]=b",
            "line_items[0][price_data][product_data][nmae] is unknown",
        ),
        ("/v1/customers", "metadata=&name=&address=", None),
        ("/v1/customers", "metadata[a]=b&name=" + "n" * 257, "name is longer than 256"),
        ("/v1/customer", "name=Ada", "POST /v1/customer is not in the document"),
    ],
)
def test_the_judge_of_requests_bites(path: str, given: str, found: str | None):
    for written in (given, urllib.parse.quote(given, safe="=&")):
        violations = JUDGE.request("POST", path, written).violations
        assert [] == violations if found is None else violations[0].startswith(found), violations


def test_the_judge_knows_the_query_of_a_list():
    assert not JUDGE.request("GET", "/v1/payment_intents", "created%5Bgte%5D=1&expand%5B0%5D=data.customer").violations
    assert JUDGE.request("GET", "/v1/payment_intents", "metadata[a]=b").violations == ["metadata is unknown"]
    # The fixed segment before the variable one.
    assert JUDGE.request("GET", "/v1/customers/search", "query=x").violations == []
    assert JUDGE.request("GET", "/v1/customers/search", "query=x&email=x").violations == ["email is unknown"]


@pytest.mark.parametrize("name", FIXTURES)
def test_the_judge_takes_what_stripe_publishes(name: str):
    schema = name if name in JUDGE.schemas else FIXTURES[name]["object"]
    assert not JUDGE.object(schema, FIXTURES[name]).violations


def test_the_judge_of_answers_bites():
    intent = FIXTURES["payment_intent"]

    def judged(**changes: Any) -> list[str]:
        return JUDGE.answer("GET", "/v1/payment_intents/pi_1", 200, intent | changes).violations

    assert not judged()
    assert judged(amount="1099") == ['amount is not of type integer: "1099"']
    assert judged(amount=True) == ["amount is not of type integer: true"]
    assert judged(currency=None) == ["currency is not of type string: null"]
    assert judged(description=None) == []
    assert judged(charges=[]) == ["charges is unknown"]
    assert judged(latest_charge={"object": "charge", "id": 7}) != []
    missing = {name: value for name, value in intent.items() if name != "status"}
    assert JUDGE.object("payment_intent", missing).violations == ["status is missing"]
    listed = {"object": "list", "url": "/v1/payment_intents", "has_more": False, "data": [intent, missing]}
    found = JUDGE.answer("GET", "/v1/payment_intents", 200, listed).violations
    assert found == ["data[1][status] is missing"]


def test_an_enum_of_an_answer_is_open():
    intent = FIXTURES["payment_intent"] | {"status": "levitating"}
    findings = JUDGE.object("payment_intent", intent)
    assert findings.violations == [] and findings.warnings == ["status is unlisted: 'levitating'"]


def test_the_judge_knows_the_shape_of_an_error():
    path = "/v1/payment_intents"
    assert not JUDGE.answer("POST", path, 400, {"error": {"type": "invalid_request_error", "message": "no"}}).violations
    assert JUDGE.answer("POST", path, 400, {"message": "no"}).violations
    half = {"error": {"type": "card_error", "payment_intent": {"id": "pi_1"}}}
    assert "error[payment_intent][status] is missing" in JUDGE.answer("POST", path, 402, half).violations
