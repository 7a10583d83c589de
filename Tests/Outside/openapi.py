"""An independent judge of requests and answers: Stripe's OpenAPI document, read by rules that know nothing of Dues.

Only what occurs in that document is understood: object, array, string, integer, number, boolean, enum, anyOf, required,
additionalProperties, maxLength, nullable and $ref. An enum is open in answers, so there an unlisted value is a warning.
"""

from __future__ import annotations

import json
import re
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).resolve().parents[1] / "TestSupport" / "Fixtures" / "openapi.json"
#: Members that recordings of the real API show (recorded.jsonl, up to 2026-03-25.dahlia) and the document does not name.
UNDOCUMENTED = {"charge": {"destination", "dispute", "order"}}
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@dataclass
class Findings:
    """What is wrong, and what is only unheard of."""

    violations: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def __iadd__(self, other: Findings) -> Findings:
        self.violations += other.violations
        self.warnings += other.warnings
        return self


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    specification: dict[str, Any]

    @property
    def form(self) -> dict[str, Any]:
        """The schema of what it takes: of the body, or made of the parameters of the query."""
        if self.method == "POST":
            return self.specification["requestBody"]["content"][FORM]["schema"]
        query = [given for given in self.specification.get("parameters", []) if given["in"] == "query"]
        return {
            "type": "object",
            "properties": {given["name"]: given["schema"] for given in query},
            "required": [given["name"] for given in query if given.get("required")],
            "additionalProperties": False,
        }

    def answer(self, status: int) -> dict[str, Any]:
        responses = self.specification["responses"]
        return responses.get(str(status), responses["default"])["content"][JSON]["schema"]


class OpenAPI:
    def __init__(self, path: Path = DOCUMENT) -> None:
        document = json.loads(path.read_text())
        self.version: str = document["info"]["version"]
        self.schemas: dict[str, Any] = document["components"]["schemas"]
        self.operations = [
            Operation(method.upper(), path, specification)
            for path, methods in document["paths"].items()
            for method, specification in methods.items()
        ]
        # `/v1/customers/search` before `/v1/customers/{customer}`.
        self._by_path = sorted(self.operations, key=lambda operation: operation.path.count("{"))

    def operation(self, method: str, path: str) -> Operation | None:
        for operation in self._by_path:
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(operation.path))
            if operation.method == method and re.fullmatch(pattern, path):
                return operation
        return None

    def request(self, method: str, path: str, form: str) -> Findings:
        """Judges a request by its form: the query of a GET or DELETE, the body of a POST."""
        operation = self.operation(method, path)
        if operation is None:
            return Findings([f"{method} {path} is not in the document"])
        findings = Findings()
        self._check(operation.form, self._coerced(operation.form, decoded(form)), "", findings, is_answer=False)
        return findings

    def answer(self, method: str, path: str, status: int, body: Any) -> Findings:
        operation = self.operation(method, path)
        schema = operation.answer(status) if operation else {"$ref": "#/components/schemas/error"}
        return self._judged(schema, body)

    def object(self, name: str, value: Any) -> Findings:
        """Judges an object by the schema of a name, such as the `event` of a webhook."""
        if name not in self.schemas:
            return Findings(warnings=[f"there is no schema {name!r}"])
        return self._judged({"$ref": f"#/components/schemas/{name}"}, value)

    def _judged(self, schema: dict[str, Any], value: Any) -> Findings:
        findings = Findings()
        self._check(schema, value, "", findings, is_answer=True)
        return findings

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rpartition("/")[2]]
        return schema

    # Values

    def _check(self, schema: dict[str, Any], value: Any, where: str, findings: Findings, is_answer: bool) -> None:
        if value is None and schema.get("nullable"):
            return
        schema = self._resolved(schema)
        if value is None and schema.get("nullable"):
            return
        if "anyOf" in schema:
            findings += self._best(schema["anyOf"], value, where, is_answer)
            return
        if not _fits(schema.get("type"), value):
            findings.violations.append(f"{where or 'it'} is not of type {schema['type']}: {json.dumps(value)[:120]}")
            return
        if "enum" in schema and value not in schema["enum"]:
            (findings.warnings if is_answer else findings.violations).append(f"{where} is unlisted: {value!r}")
        if isinstance(value, str) and len(value) > schema.get("maxLength", len(value)):
            findings.violations.append(f"{where} is longer than {schema['maxLength']}")
        if isinstance(value, list):
            for index, item in enumerate(value):
                self._check(schema.get("items", {}), item, f"{where}[{index}]", findings, is_answer)
        if isinstance(value, dict):
            self._check_members(schema, value, where, findings, is_answer)

    def _check_members(
        self, schema: dict[str, Any], value: dict[str, Any], where: str, findings: Findings, is_answer: bool
    ) -> None:
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties", "properties" not in schema)
        for name in schema.get("required", []):
            if name not in value:
                findings.violations.append(f"{_member(where, name)} is missing")
        for name, member in value.items():
            if name in properties:
                self._check(properties[name], member, _member(where, name), findings, is_answer)
            elif isinstance(others, dict):
                self._check(others, member, _member(where, name), findings, is_answer)
            elif not others and name not in UNDOCUMENTED.get(str(value.get("object")), ()):
                # An answer with a field that Stripe's has not is a field that nobody may rely on.
                findings.violations.append(f"{_member(where, name)} is unknown")

    def _best(self, branches: list[dict[str, Any]], value: Any, where: str, is_answer: bool) -> Findings:
        """The findings of the branch that fits best; of several, the first."""
        fitting = [branch for branch in branches if _fits(self._resolved(branch).get("type"), value)]
        judged = []
        for branch in fitting or branches:
            findings = Findings()
            self._check(branch, value, where, findings, is_answer)
            judged.append(findings)
        return min(judged, key=lambda findings: (len(findings.violations), len(findings.warnings)))

    # Forms

    def _coerced(self, schema: dict[str, Any], value: Any) -> Any:
        """The decoded form with the types that the schema asks for; what does not fit stays as it is."""
        schema = self._resolved(schema)
        if "anyOf" in schema:
            tries = [self._coerced(branch, value) for branch in schema["anyOf"]]
            for branch, coerced in zip(schema["anyOf"], tries, strict=True):
                if not self._best([branch], coerced, "", is_answer=False).violations:
                    return coerced
            return tries[0]
        kind = schema.get("type")
        if isinstance(value, dict) and kind == "array" and all(key.isdigit() for key in value):
            value = [value[key] for key in sorted(value, key=int)]
        if isinstance(value, list):
            return [self._coerced(schema.get("items", {}), item) for item in value]
        if isinstance(value, dict):
            others = schema.get("additionalProperties")
            unknown = others if isinstance(others, dict) else {}
            return {
                name: self._coerced(schema.get("properties", {}).get(name, unknown), member)
                for name, member in value.items()
            }
        if kind == "integer" and re.fullmatch(r"-?\d+", value):
            return int(value)
        if kind == "number" and re.fullmatch(r"-?\d+(\.\d+)?", value):
            return float(value)
        if kind == "boolean" and value in ("true", "false"):
            return value == "true"
        return value


def decoded(form: str) -> dict[str, Any]:
    """`a[b][0][c]=v` and `a[]=v` as nested maps and lists of strings."""
    root: dict[str, Any] = {}
    for name, value in urllib.parse.parse_qsl(form, keep_blank_values=True):
        first, *rest = re.split(r"\]?\[", name.removesuffix("]")) if "[" in name else [name]
        at, key = root, first
        for step in rest:
            if step == "":
                # `a[]=v`: the next of a list.
                at[key] = inner = at.get(key) if isinstance(at.get(key), dict) else {}
                step = str(len(inner))
            elif not isinstance(at.get(key), dict):
                at[key] = {}
            at, key = at[key], step
        at[key] = value
    return root


def _member(where: str, name: str) -> str:
    return f"{where}[{name}]" if where else name


def _fits(kind: str | None, value: Any) -> bool:
    match kind:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case _:
            return True
