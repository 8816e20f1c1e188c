#!/usr/bin/env python3
"""Damage to a data folder: each row changes one thing that is stored and states what `export` does then. Whatever it is,
an export that succeeds has the bytes of an undamaged one, a failure names file and place, and no command dies.

    data.py           runs the table
    data.py --rows    prints its rows, for the runbook
"""
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

SAME, DAMAGED, NONE = "the same exports", "exit 74", "exit 66"
DANGLING = "found by store check, 74"
STORE, LOG, RECORDS = "store.db", "log.db", "archive/deliveries.db"


def sql(file, *statements):
    def change(data):
        db = sqlite3.connect(data / file)
        for statement in statements:
            changed = db.execute(statement).rowcount
            assert changed, f"nothing is changed by {statement}"
        db.commit()
        db.close()

    return change


def rewrite(file, change):
    return lambda data: (data / file).write_bytes(change((data / file).read_bytes()))


def replace_by_folder(file):
    def change(data):
        (data / file).unlink()
        (data / file).mkdir()

    return change


def loop(file):
    def change(data):
        (data / file).unlink()
        (data / file).symlink_to(data / file)

    return change


def beside(file, content):
    return lambda data: (data / file).write_bytes(content)


def remove(*files):
    def change(data):
        for file in files:
            path = data / file
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    return change


def zero_page(number):
    size = 16384
    return lambda content: content[: number * size] + bytes(size) + content[(number + 1) * size :]


# Values that no normaliser writes.
BODIES = ["", "{", "[]", "null", "{}", '{"value":5}', '{"text":"a', "x", '{"a":1}{"b":2}']
PROVENANCES = [
    "",
    "x",
    '"spans":{"title":[[1',
    '"spans":{},"rules":{}}{',
    '"spans":5,"rules":7',
    '"spans":{"title":[["x"]]},"rules":{}',
    '"spans":{"title":[[1.5,2]]},"rules":{}',
    '"spans":{"title":[[-1,2]]},"rules":{}',
    '"spans":{"title":[[5,2]]},"rules":{}',
    '"spans":{"title":[[0,4294967296]]},"rules":{}',
    '"spans":{"title":[[0]]},"rules":{}',
    '"spans":{},"rules":{"title":5}',
    '"spans":{}',
]


def updates(what, table, where, changes):
    """A row for each column that becomes another."""
    for column, value in changes.items():
        change = sql(STORE, f"UPDATE {table} SET {column} = {value} WHERE {where}")
        yield f"{what.format(column)} is another", change, DAMAGED


def rows_of_a_store():
    """Rows of the stores' tables, with the checksum that they had, and without one, as from an earlier program."""
    for table, kind, name in (
        ("prices_row", 2, "a price"),
        ("articles_row", 1, "an article"),
        ("policies_row", 6, "a policy"),
    ):
        one = f"rowid = (SELECT min(rowid) FROM {table} WHERE kind = {kind})"
        for checksum, how in (("checksum", "a row"), ("NULL", "a row without a checksum")):
            for column, values in (("body", BODIES), ("provenance", PROVENANCES)):
                for value in values:
                    change = f"UPDATE {table} SET {column} = '{value}', checksum = {checksum} WHERE {one}"
                    yield f"{how}: {column} of {name} becomes {value or 'empty'}", sql(STORE, change), DAMAGED
        yield from updates(
            f"a row: {{}} of {name}",
            table,
            one,
            {
                "body": "body || ' '",
                "natural_key": "natural_key || 'x'",
                "first_span": "first_span + 1",
                "known_at": "known_at - 1000",
                "checksum": "checksum + 1",
            },
        )
    yield from updates(
        "a section: {}",
        "articles_section",
        "id = (SELECT section FROM articles_row WHERE kind = 1)",
        {"ordinal": "ordinal + 7", "category": "category || 'x'"},
    )
    yield from updates(
        "a manifest: {}",
        "articles_manifest",
        "id = 1",
        {
            "known_at": "known_at - 1000",
            "name": "name || 'x'",
            "feed": "feed || 'x'",
            "revision": "revision + 1",
            "priority": "priority + 1",
            "notices": "'[]x'",
        },
    )
    yield from updates(
        "a manifest: {}",
        "articles_manifest_issue",
        "manifest = 1",
        {"whole": "1 - whole", "sections": "sections + 1"},
    )
    yield from updates("a manifest: {} of its issue", "articles_issue", "id = 1", {"label": "'1999-01'"})
    for table, column in (
        ("prices_row", "section"),
        ("prices_row", "replay"),
        ("prices_row", "normaliser_version"),
        ("prices_stored", "section"),
        ("prices_stored", "normaliser_version"),
        ("prices_section", "issue"),
        ("prices_section", "document"),
        ("prices_manifest", "document"),
        ("prices_manifest_issue", "manifest"),
        ("prices_manifest_issue", "issue"),
        ("prices_manifest_section", "section"),
    ):
        # A stored section without records has no row that points at it.
        pointed = " WHERE section IN (SELECT section FROM prices_row)" if table == "prices_stored" else ""
        change = f"UPDATE {table} SET {column} = {column} + 99 WHERE rowid = (SELECT min(rowid) FROM {table}{pointed})"
        yield f"a reference: {column} of {table} points at nothing", sql(STORE, change), DANGLING
    letter = (
        "INSERT INTO dead_letters(letter_id, consumer, topic, partition, message_offset, stage, error, message_key, "
        "headers, value, known_at, attempts, state) VALUES(zeroblob(16), 'prices', 't', 0, 0, 'normalise', 'e', x'', x'', "
        "x'', 0, 1, 'open')"
    )
    yield "a dead letter: half an id", sql(STORE, letter), SAME
    yield "a store: its id is gone", sql(STORE, "DELETE FROM meta WHERE key = 'store_id'"), "exit 78"
    yield "a store: a newer schema", sql(STORE, "PRAGMA user_version = 999"), "exit 78"
    yield "a store: a table is gone", sql(STORE, "DROP TABLE prices_stored"), DAMAGED


def files():
    for file, gone in ((STORE, NONE), (LOG, SAME), (RECORDS, SAME)):
        damaged = DAMAGED if file == STORE else SAME
        yield f"a file: {file} is removed", remove(file), gone
        yield f"a file: {file} is empty", rewrite(file, lambda _: b""), "exit 78" if file == STORE else SAME
        yield f"a file: {file} is half as long", rewrite(file, lambda content: content[: len(content) // 2]), damaged
        yield f"a file: {file} is text", rewrite(
            file, lambda _: b"no database, but long enough for one\n" * 500
        ), damaged
        yield f"a file: {file} has another header", rewrite(file, lambda content: b"x" + content[1:]), damaged
        yield f"a file: {file} is a folder", replace_by_folder(file), damaged
        yield f"a file: {file} is a link to itself", loop(file), damaged
        yield f"a file: {file}-wal is text", beside(file + "-wal", b"no log" * 999), SAME
        yield f"a file: {file}-shm is text", beside(file + "-shm", b"no index" * 4096), SAME
        for page in (1, 3, 7):
            yield f"a file: page {page} of {file} is zero", rewrite(
                file, zero_page(page)
            ), None if file == STORE else SAME
    yield "a file: the leases are removed", remove("leases"), SAME
    yield "a file: the archive is removed", remove("archive"), SAME


ROWS = [*rows_of_a_store(), *files()]

if "--rows" in sys.argv:
    for name, _, answer in ROWS:
        print(f"{name}\t{answer or 'the same exports, or exit 74'}")
    sys.exit(0)

from ytterby_test import HARMFUL, SOURCE, YTTERBY, Folder, expect, export_all, run


def ended(command, data):
    """The exit code of a command on the folder, and what it said."""
    done = subprocess.run(
        [YTTERBY, *map(str, command), "--data-dir", str(data)],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


with Folder() as folder:
    samples = sorted(p for p in (SOURCE / "ops" / "samples").iterdir() if p.name != "README.md")
    run("ingest", *samples, "--data-dir", folder / "sound")
    sound = export_all(folder / "sound", folder / "sound-out")
    wrong = []
    for name, change, answer in ROWS:
        data, out = folder / "data", folder / "out"
        for path in (data, out):
            shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(folder / "sound", data)
        change(data)
        code, said = ended(["export", "all", "--output", out], data)
        if code == 0:
            got = SAME if {path.name: path.read_bytes() for path in sorted(out.iterdir())} == sound else "other exports"
        else:
            got = f"exit {code}"
            if f"{data}" not in said:
                wrong.append(f"{name}: no file is named: {said[:300]}")
        if answer == DANGLING:
            got = DANGLING if ended(["store", "check"], data)[0] == 74 else "not found by store check"
        if got not in ((answer,) if answer else (SAME, DAMAGED)):
            wrong.append(f"{name}: {got}, not {answer}: {said[:200]}")
        for command in (
            ["status"],
            ["findings"],
            ["store", "check"],
            ["documents", "verify"],
            ["dead-letters", "list"],
            ["ingest", samples[0]],
        ):
            code, said = ended(command, data)
            if code < 0 or code == 70 or "internal error" in said:
                wrong.append(f"{name}: {' '.join(map(str, command))}: exit {code}: {said[-300:]}")
            if any(harm in said for harm in HARMFUL):
                wrong.append(f"{name}: a control character reaches the terminal: {said!r}"[:300])
            if command == ["store", "check"] and got == DAMAGED and code != 74:
                wrong.append(f"{name}: store check: exit {code}: {said[-300:]}")
            if command == ["documents", "verify"] and RECORDS in name and "-wal" not in name and "-shm" not in name:
                if code not in ((66, 74) if "removed" in name else (0, 74) if "page" in name else (74,)):
                    wrong.append(f"{name}: documents verify: exit {code}: {said[-300:]}")
    expect(not wrong, f"{len(wrong)} answers of {len(ROWS)} rows:\n" + "\n".join(wrong))
    print(f"{len(ROWS)} damaged data folders, each with its stated answer")
