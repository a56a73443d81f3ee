"""The sandbox's description for other languages: OpenAPI 3.1, from the declarations and nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from toolkit import spec
from toolkit.sandbox.vendor import MULTIPART, FakeVendor
from toolkit.spec import Endpoint, Field, KindTable, Record, Table, Value

SCHEMAS: KindTable[dict[str, Any]] = KindTable(
    {
        spec.Text: {"type": "string"},
        spec.Email: {"type": "string", "format": "email"},
        spec.Integer: {"type": "integer"},
        spec.Number: {"type": "number"},
        spec.Bool: {"type": "boolean"},
        spec.Flag: {"enum": [0, 1]},
        spec.Timestamp: {"type": "integer", "format": "int64"},
        spec.Date: {"type": "string"},
        spec.Choice: {},
        spec.List: {"type": "array"},
        spec.Json: {},
        spec.Rows: {"type": "array"},
        spec.Nested: {},
        spec.File: {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"},
        spec.Masked: {"type": "string", "format": "password"},
        spec.Link: {"type": "string", "format": "uri"},
    }
)
TEXT = {"type": "string"}
JSON, PLAIN = "application/json", "text/plain"
CODES = ("code", "codigo", "statusApi")  # members of a head that every success has


def openapi(vendors: Sequence[FakeVendor], url: str) -> dict[str, Any]:
    """The whole document. `x-provenance` says who vouches for an endpoint, `x-manual` where it is described."""
    schemas: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for vendor in vendors:
        for (method, path), (endpoint, _) in vendor.routes.items():
            if not endpoint.name:  # a page that links lead to, of no API
                continue
            operations = paths.setdefault(f"/{vendor.system.name}{path}", {})
            spellings = [route for route, (other, _) in vendor.routes.items() if other is endpoint]
            spelling = spellings.index((method, path))
            number = f"_{spelling + 1}" if spelling else ""
            operation = {"operationId": f"{vendor.system.name}_{endpoint.name}{number}"}
            operations[method.lower()] = operation | _operation(vendor, method, endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sandbox of the toolkit", "version": "1", "description": "The vendors' endpoints, imitated."},
        "servers": [{"url": url}],
        "tags": [{"name": v.system.name, "description": f"{v.system.title}: {v.system.manual}"} for v in vendors],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {v.system.name: _security(v) for v in vendors}},
    }


def _security(vendor: FakeVendor) -> dict[str, str]:
    header = vendor.system.header
    if header.name == "Authorization" and header.form.startswith("Bearer "):
        return {"type": "http", "scheme": "bearer"}
    return {"type": "apiKey", "in": "header", "name": header.name}


def _operation(vendor: FakeVendor, method: str, endpoint: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    name = vendor.system.name
    operation: dict[str, Any] = {
        "tags": [name],
        "summary": endpoint.section,
        "description": endpoint.note,
        "x-provenance": str(endpoint.provenance),
        "x-manual": f"{vendor.system.manual}, {endpoint.section}",
        "parameters": [],
        "responses": _responses(vendor, endpoint, schemas),
    }
    if endpoint.authenticated:
        operation["security"] = [{name: []}]
    in_body = method in ("POST", "PUT")
    flat = [a for a in endpoint.arguments if isinstance(a, spec.Nested) and a.flat]
    for a in endpoint.arguments:
        if a not in flat and (a.name in endpoint.in_path or not in_body):
            place: dict[str, Any] = {"name": a.key, "in": "query", "required": a.required}
            if a.name in endpoint.in_path:
                place = {"name": a.name, "in": "path", "required": True}
            operation["parameters"].append({**place, "description": a.doc, "schema": _schema(name, a, schemas)})
    rest = [a for a in endpoint.arguments if a.name not in endpoint.in_path and a not in flat]
    if in_body and rest:
        kind = MULTIPART if endpoint.multipart else JSON
        body = _object(name, rest, schemas)
        operation["requestBody"] = {"content": {kind: {"schema": body}}, "required": "required" in body}
    return operation


def _responses(vendor: FakeVendor, endpoint: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    described = vendor.describe(endpoint)
    done = _answer(vendor, endpoint, schemas)
    if described.failure_is_200:
        done = {"anyOf": [done, described.failure]}
    failure = {"description": "Not done; the body says why.", "content": {JSON: {"schema": described.failure}}}
    kind = PLAIN if endpoint.is_text else JSON
    return {"200": {"description": "Done.", "content": {kind: {"schema": done}}}, "default": failure}


def _object(system: str, fields: Sequence[Field], schemas: dict[str, Any]) -> dict[str, Any]:
    """An object; what else comes is let pass, as the sandbox does unless it is told to be strict."""
    keys = {f: f.in_body or f.key for f in fields}
    schema = {
        "type": "object",
        "properties": {key: {**_schema(system, f, schemas), "description": f.doc} for f, key in keys.items()},
        "additionalProperties": True,
    }
    required = [key for f, key in keys.items() if f.required]
    return {**schema, "required": required} if required else schema


def _answer(vendor: FakeVendor, endpoint: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    """The body of a success: text, a truth value, or an object with what the endpoint promises at its place."""
    name, returns, head = vendor.system.name, endpoint.returns, vendor.describe(endpoint).head
    if endpoint.is_text:
        return dict(TEXT)
    if endpoint.success is not None:
        return {"type": "boolean"}
    schema: dict[str, Any] = {}
    if isinstance(returns, Table):
        schema = _reference(name, returns.record, schemas)
        if endpoint.name in vendor.lists:
            schema = {"type": "array", "items": dict(TEXT) if vendor.lists[endpoint.name] else schema}
    elif isinstance(returns, Value):
        schema = _schema(name, replace(returns.field, required=True), schemas)
    steps = returns.data_path.split(".") if returns.data_path else []
    for step in reversed(steps[1:]):
        schema = {"type": "object", "properties": {step: schema}, "required": [step]}
    members = {**head, **({steps[0]: schema} if steps else {})}
    whole = {"type": "object", "properties": members, "required": [*steps[:1], *(n for n in head if n in CODES)]}
    if steps or not isinstance(returns, Table | Value):
        return whole
    return {"allOf": [schema, whole]} if head else schema


def _reference(system: str, record: type[Record], schemas: dict[str, Any]) -> dict[str, str]:
    name = f"{system}.{record.__name__}"
    if name not in schemas:
        schemas[name] = {}  # stands already, for a record that holds itself
        schemas[name] = _object(system, record.fields, schemas)
        if record.__doc__:
            schemas[name]["description"] = record.__doc__
    return {"$ref": f"#/components/schemas/{name}"}


def _schema(system: str, field: Field, schemas: dict[str, Any]) -> dict[str, Any]:
    """The schema of one value; whatever need not be there may be null."""
    schema = dict(SCHEMAS[type(field)])
    if isinstance(field, spec.Text) and field.max_length:
        schema["maxLength"] = field.max_length
    if isinstance(field, spec.Text | spec.Masked) and field.required:
        schema["minLength"] = 1
    if isinstance(field, spec.Integer) and field.minimum is not None:
        schema["minimum"] = field.minimum
    if isinstance(field, spec.Timestamp) and field.format:
        schema = dict(TEXT)
    if isinstance(field, spec.List):
        schema = dict(TEXT) if field.separator else {"type": "array", "items": TEXT}
    if isinstance(field, spec.Choice) and field.choices:
        schema["enum"] = [*field.choices] + ([] if field.required else [None])
    if isinstance(field, spec.Rows | spec.Nested) and field.record:
        row = _reference(system, field.record, schemas)
        schema = {"type": "array", "items": row} if isinstance(field, spec.Rows) else {"anyOf": [row, {"type": "null"}]}
    if "type" in schema and not field.required:
        schema["type"] = [schema["type"], "null"]
    return schema
