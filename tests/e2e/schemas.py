#!/usr/bin/env python3
"""Every event on the log validates against its JSON Schema, with an independent validator."""
import json
import sqlite3
import sys
from pathlib import Path

import jsonschema

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import SOURCE, Folder, expect, run

schemas = {path.name: json.loads(path.read_text()) for path in (SOURCE / "schemas" / "json").glob("*.schema.json")}
resolver = jsonschema.RefResolver("", schemas["section.schema.json"],
                                  store={key: value for name, value in schemas.items() for key in (name, f"schemas/json/{name}")})
checks = {name: jsonschema.Draft202012Validator(schema, resolver=resolver) for name, schema in schemas.items()}
for schema in schemas.values():
    jsonschema.Draft202012Validator.check_schema(schema)

with Folder() as folder:
    run("ingest", *sorted(p for p in (SOURCE / "ops" / "samples").iterdir() if p.name != "README.md"), "--data-dir", folder / "data")
    with sqlite3.connect(folder / "data" / "log.db") as log:
        rows = log.execute("SELECT t.name, r.headers, r.value FROM records r JOIN topics t ON t.id = r.id >> 50").fetchall()
    expect(len(rows) == 53 + 3, f"{len(rows)} events")
    for topic, headers, value in rows:
        name = "document.schema.json" if topic == "bulletin.documents" else "section.schema.json"
        expect(f"schemas/json/{name}".encode() in headers, f"{topic}: ce_dataschema does not name {name}")
        checks[name].validate(json.loads(value))
    print(f"{len(rows)} events validate")
