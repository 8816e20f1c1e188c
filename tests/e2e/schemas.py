#!/usr/bin/env python3
"""Every event on the log validates against its JSON Schema with an independent validator. Schemas change only so that
old readers can read new data and new readers old data (FULL_TRANSITIVE), checked against every version ever published
(tests/fixtures/published)."""
import json
import sqlite3
import sys
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import SOURCE, Folder, expect, header_validators, run, validators

PUBLISHED = SOURCE / "tests" / "fixtures" / "published"
KINDS = {
    "ownership": "ownership",
    "prices": "price",
    "indices": "index",
    "patents": "patent",
    "policies": "policy",
    "quotas": "quota",
    "standards": "standard",
    "findings": "finding",
    "documents": "document",
    "documents.dlq": "dead-letter",
}
checks = validators()


def schema_of(topic):
    return f"{KINDS.get(topic.removeprefix('bulletin.'), 'section')}.schema.json"


def decode_headers(data):
    """Decodes headers as the embedded log stores them: the lengths of name and value, then both."""
    while data:
        name, value, data = data.split(b":", 2)
        name, value = int(name), int(value)
        yield data[:name].decode(), data[name : name + value].decode()
        data = data[name + value :]


def faults(old, new, at=""):
    """What in `new` breaks a reader or writer of `old`: only optional fields may be added or removed, and no value may
    change its type."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return [] if old == new else [f"{at}: {old} became {new}"]
    found = []
    looked_into = {"required", "properties", "$defs", "items"}
    for word in sorted((old.keys() | new.keys()) - looked_into - {"$schema", "$id", "title", "description"}):
        if old.get(word) != new.get(word):
            found.append(f"{at}: {word} {old.get(word)} became {new.get(word)}")
    if sorted(old.get("required", [])) != sorted(new.get("required", [])):
        found.append(
            f"{at}: required {sorted(set(old.get('required', [])) ^ set(new.get('required', [])))} added or removed"
        )
    for group in ("properties", "$defs"):
        for name in old.get(group, {}).keys() & new.get(group, {}).keys():
            found += faults(old[group][name], new[group][name], f"{at}/{name}")
    if "items" in old or "items" in new:
        found += faults(old.get("items"), new.get("items"), f"{at}/items")
    return found


def check_the_check():
    """Checks that the comparison detects what it must detect."""
    old = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"type": "string", "maxLength": 9}, "b": {"enum": ["x"]}},
    }
    expect(
        not faults(old, {**old, "properties": {**old["properties"], "c": {"type": "integer"}}}),
        "a new optional field is rejected",
    )
    for broken in (
        {**old, "required": ["a", "b"]},
        {**old, "required": []},
        {**old, "properties": {**old["properties"], "a": {"type": "integer", "maxLength": 9}}},
        {**old, "properties": {**old["properties"], "a": {"type": "string", "maxLength": 8}}},
        {**old, "not": {"required": ["b"]}},
        {**old, "properties": {**old["properties"], "b": {"enum": ["x", "y"]}}},
    ):
        expect(faults(old, broken), f"{broken} is accepted")
    expect(not header_validators()["bulletin.prices"].is_valid({}), "a record event without headers is accepted")


def check_exports(data):
    """The columns of each kind are the properties of its schema, and every exported line validates. An index record has
    the fields of a day or of a period: its schema requires only what both share."""
    kinds = {kind: name for kind, name in KINDS.items() if kind not in ("ownership", "documents", "documents.dlq")}
    lines = 0
    for kind, name in kinds.items():
        schema = checks[f"{name}.schema.json"].schema
        columns = run("export", kind, "--format", "csv", "--data-dir", data)[0].splitlines()[0].split(",")
        properties, required = list(schema["properties"]), schema["required"]
        expect(
            sorted(columns) == sorted(properties),
            f"{kind}: the export and {name}.schema.json differ in {sorted(set(columns) ^ set(properties))}",
        )
        always = ["issue", "series", "id", "index", "where", "provenance"] if kind == "indices" else columns
        expect(sorted(required) == sorted(always), f"{name}.schema.json: {sorted(set(required) ^ set(always))}")
        rows = [json.loads(line) for line in run("export", kind, "--data-dir", data)[0].splitlines()]
        expect(rows, f"the samples have no {kind}")
        for row in rows:
            checks[f"{name}.schema.json"].validate(row)
            unknown = row.keys() - schema["properties"].keys()
            expect(not unknown, f"{kind} {row['id']}: {sorted(unknown)} are in no schema")
        lines += len(rows)
    return lines


with Folder() as folder:
    (folder / "on.yaml").write_text("record_topics: on\n")
    run(
        "ingest",
        *sorted(p for p in (SOURCE / "ops" / "samples").iterdir() if p.name != "README.md"),
        "--data-dir",
        folder / "data",
        "--config",
        folder / "on.yaml",
    )
    planned = {
        line.split(":")[0]
        for line in run("topics", "plan", "--data-dir", folder / "none", "--config", folder / "on.yaml")[0].splitlines()
        if line.startswith("bulletin.")
    }
    with sqlite3.connect(folder / "data" / "log.db") as log:
        rows = log.execute(
            "SELECT t.name, r.headers, r.value FROM records r JOIN topics t ON t.id = r.id >> 50"
        ).fetchall()
    exported = check_exports(folder / "data")
expect(
    sum(topic.startswith("bulletin.sections.") or topic == "bulletin.documents" for topic, _, _ in rows) == 53 + 3,
    f"{len(rows)} events",
)
expect(
    {topic for topic, _, _ in rows} >= {f"bulletin.{name}" for name in KINDS if name != "documents.dlq"},
    "a topic has no event",
)
for topic, headers, value in rows:
    headers = dict(decode_headers(headers))
    header_validators()[topic].validate(headers)
    expect(
        headers["ce_dataschema"] == f"schemas/json/{schema_of(topic)}",
        f"{topic}: ce_dataschema is not {schema_of(topic)}",
    )
    checks[schema_of(topic)].validate(json.loads(value))

# asyncapi.yaml names every topic and its schema.
api = yaml.safe_load((SOURCE / "schemas" / "json" / "asyncapi.yaml").read_text())
described = set()
for channel in api["channels"].values():
    for category in channel.get("parameters", {}).get("category", {}).get("enum", [""]):
        described.add(channel["address"].replace("{category}", category))
for message in api["components"]["messages"].values():
    if "payload" in message:
        expect(message["payload"]["$ref"] in checks, f"{message}: no such schema")
expect(described == planned, f"asyncapi.yaml and the topics differ in {described ^ planned}")

check_the_check()
versions = sorted(PUBLISHED.iterdir(), key=lambda path: int(path.name.lstrip("v")))
expect(versions, "no published version")
newest = {name: validator.schema for name, validator in validators(versions[-1]).items()}
expect(
    newest == {name: validator.schema for name, validator in checks.items()},
    f"schemas/json differs from {versions[-1].name}: freeze the change as the next version in tests/fixtures/published",
)
for version in versions:
    frozen = validators(version)
    for name, validator in frozen.items():
        expect(name in checks, f"{version.name}: {name} is gone")
        found = faults(validator.schema, checks[name].schema, name)
        expect(not found, f"{version.name}: {found}")
    old = [json.loads(line) for line in (version / "events.ndjson").read_text().splitlines()]
    expect(len(old) > 8, f"{version.name}: {len(old)} events")
    for event in old:  # a new reader of old data
        checks[schema_of(event["topic"])].validate(event["value"])
    for topic, _, value in rows:  # an old reader of new data
        if schema_of(topic) in frozen:
            frozen[schema_of(topic)].validate(json.loads(value))
print(f"{len(rows)} events validate, also against {len(versions)} published versions, and {exported} exported records")
