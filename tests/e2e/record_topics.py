#!/usr/bin/env python3
"""Downstream of the record topics: an independent client reads them from a real broker and validates each event against
its JSON Schema. What it holds after compaction is what `export` prints, also after a correction and after the store was
lost. Dead letters are on their topics."""
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from confluent_kafka.admin import AdminClient, ConfigResource

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import (
    SOURCE,
    YTTERBY,
    Broker,
    Folder,
    as_text,
    expect,
    exported_records,
    read_topics,
    run,
    until,
    validators,
)

TOPICS = {
    "prices": "price",
    "indices": "index",
    "patents": "patent",
    "policies": "policy",
    "quotas": "quota",
    "standards": "standard",
    "findings": "finding",
}
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
checks = validators()


def check_topics(address, data, compacted=False):
    """Checks that every event is valid and that the compacted topics equal the export. `compacted`: records ended by a
    tombstone may already be gone. Returns the numbers of events and of tombstones."""
    events = tombstones = 0
    messages = read_topics(address, *(f"bulletin.{topic}" for topic in TOPICS))
    for topic, schema in TOPICS.items():
        left, seen = {}, {}
        for key, headers, value in messages[f"bulletin.{topic}"]:
            events += 1
            expect(headers["ce_specversion"] == "1.0" and headers["ce_type"] == f"ytterby.record.{schema}.v1", headers)
            expect(
                headers["ce_dataschema"] == f"schemas/json/{schema}.schema.json"
                and headers["content-type"] == "application/json",
                headers,
            )
            expect(headers["ce_source"] == "/views/current" and RFC3339.fullmatch(headers["ce_time"]), headers)
            expect(seen.setdefault(headers["ce_id"], value) == value, f"{topic}: one ce_id has two values")
            if value is None:
                tombstones += 1
                expect(
                    left.pop(key, None) is not None or compacted, f"{topic}: a tombstone for {key}, which was not there"
                )
                continue
            record = json.loads(value)
            checks[f"{schema}.schema.json"].validate(record)
            expect(
                record["id"] == key and headers["ce_subject"] == f"{record['series']}/{record['issue']}",
                f"{key} {headers}",
            )
            left[key] = as_text(record)
        exported = exported_records(topic, "--data-dir", data)
        expect(
            left == exported,
            f"{topic}: {len(left)} records downstream, {len(exported)} exported, or their contents differ",
        )
    return events, tombstones


def check_by_kcat(address, data, topic):
    """Checks that another client ends up with the same records and that they validate."""
    kcat = subprocess.run(
        ["kcat", "-b", address, "-t", f"bulletin.{topic}", "-C", "-e", "-q", "-f", "%k %S %s\n"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    left = {}
    for line in kcat.stdout.splitlines():
        key, size, value = line.split(" ", 2)
        left[key] = value if int(size) >= 0 else None
    records = {key: json.loads(value) for key, value in left.items() if value is not None}
    for record in records.values():
        checks[f"{TOPICS[topic]}.schema.json"].validate(record)
    expect(
        {key: as_text(record) for key, record in records.items()} == exported_records(topic, "--data-dir", data),
        f"{topic}: kcat reads different records",
    )


def compact(address, write):
    """Makes the broker compact the record topics at once, and waits until it has removed some superseded events.
    `write` appends to them."""
    names = [f"bulletin.{topic}" for topic in TOPICS]
    at_once = {
        "cleanup.policy": "compact",
        "message.timestamp.type": "LogAppendTime",
        "segment.ms": "100",
        "max.compaction.lag.ms": "100",
        "min.cleanable.dirty.ratio": "0.001",
        "delete.retention.ms": "0",
    }
    admin = AdminClient({"bootstrap.servers": address})
    for future in admin.alter_configs([ConfigResource("topic", name, set_config=at_once) for name in names]).values():
        future.result(60)
    # The cleaner leaves a partition's last segment alone, and only a later append to the same partition closes it. So
    # new keys are appended until they have hit a partition that holds a superseded event.
    seen = event_ids(address)
    deadline = time.monotonic() + 120
    while seen <= (now := event_ids(address)):
        expect(time.monotonic() < deadline, f"the broker takes away none of {len(seen)} events")
        seen |= now
        write()


def recreated_under_a_daemon(folder, address, text, admin):
    inbox, log = folder / "inbox", folder / "daemon.log"
    inbox.mkdir()
    (folder / "daemon.yaml").write_text(
        f"data_dir: {folder}/data\nbrokers: {address}\nhttp: {{listen: ''}}\n"
        f"feeds:\n  - {{name: inbox, directory: {inbox}, settle_ms: 50}}\n"
    )
    with open(log, "w") as out:
        process = subprocess.Popen([YTTERBY, "run", "--config", folder / "daemon.yaml"], stdout=out, stderr=out)
    store = sqlite3.connect(f"file:{folder}/data/store.db?mode=ro", uri=True)
    consumers = ("prices", "patents", "policies", "articles")

    def publish(issue):
        """Offers one more document and waits until everything stored is published."""
        (inbox / f".{issue}.txt").write_text(text.replace("2024年第6期", f"2024年第{issue}期"))
        (inbox / f".{issue}.txt").rename(inbox / f"{issue}.txt")
        stored = " AND ".join(
            f"EXISTS(SELECT 1 FROM {name}_manifest WHERE name = '{issue}.txt') "
            f"AND NOT EXISTS(SELECT 1 FROM {name}_dirty)"
            for name in consumers
        )
        until(
            f"issue {issue} is not published",
            lambda: store.execute(f"SELECT {stored} AND (SELECT log_id <> '' FROM relay)").fetchone()[0],
            process,
            log,
        )

    try:
        publish(9)
        publish(8)
        expect("was recreated" not in log.read_text(), f"a false alarm: {log.read_text()[-3000:]}")
        for future in admin.delete_topics(["bulletin.prices"], operation_timeout=30).values():
            future.result(60)
        run("topics", "apply", "--brokers", address)
        publish(10)
        until(
            "nobody says that the topic was recreated",
            lambda: "a record topic was recreated" in log.read_text(),
            process,
            log,
        )
        publish(11)
        process.terminate()
        expect(process.wait(60) == 0, log.read_text()[-3000:])
    finally:
        process.kill()
        process.wait()
        store.close()


def event_ids(address):
    return {
        headers["ce_id"]
        for messages in read_topics(address, *(f"bulletin.{topic}" for topic in TOPICS)).values()
        for _, headers, _ in messages
    }


with Folder() as folder:
    samples = folder / "samples"
    samples.mkdir()
    for path in (SOURCE / "ops" / "samples").iterdir():
        if path.name != "README.md":
            shutil.copy(path, samples)
    (folder / "broker.properties").write_text("log.cleaner.backoff.ms=200\n")
    with Broker(folder, "--settings", folder / "broker.properties") as address:
        run("topics", "apply", "--brokers", address)
        flags = ["--data-dir", folder / "data", "--brokers", address]
        run("ingest", samples, *flags)
        first, tombstones = check_topics(address, folder / "data")
        expect(first > 250 and tombstones == 0, f"{first} events, {tombstones} tombstones")

        # A correction changes the number of a standard: the record with the old number is gone.
        path = next(path for path in samples.iterdir() if "2024-06" in path.name)
        text = path.read_text()
        number = re.search(r"\d{8}-T-\d{3}", text)[0]
        path.write_text(text.replace(number, "20249999-T-469"))
        run("ingest", samples, *flags)
        second, tombstones = check_topics(address, folder / "data")
        expect(
            tombstones > 0 and first < second < first * 1.5, f"{first} events, then {second}, {tombstones} tombstones"
        )

        for topic in TOPICS:
            check_by_kcat(address, folder / "data", topic)

        # The store is lost. The new one has another id, so it adopts the topics; nothing changed, so nothing is
        # published.
        def lose_store():
            for file in (folder / "data").glob("store.db*"):
                file.unlink()
            run("topics", "adopt", *flags)
            run("ingest", samples, *flags)

        lose_store()
        third, _ = check_topics(address, folder / "data")
        expect(third == second, f"{third} events after the store was rebuilt, {second} before")

        # The broker compacts the topics: the result is the same, also for a store that knows its events only from them.
        numbers = iter(range(20248000, 20249000))

        def correct_again():
            path.write_text(text.replace(number, f"{next(numbers)}-T-469"))
            run("ingest", samples, *flags)

        compact(address, correct_again)
        check_topics(address, folder / "data", compacted=True)
        known = event_ids(address)
        lose_store()
        check_topics(address, folder / "data", compacted=True)
        expect(event_ids(address) <= known, "a store rebuilt from compacted topics published something")

        # A record topic is lost with its log: after one command the next relay publishes what is missing, and only
        # that.
        admin = AdminClient({"bootstrap.servers": address})
        for future in admin.delete_topics(["bulletin.prices"], operation_timeout=30).values():
            future.result(60)
        run("topics", "apply", "--brokers", address)
        run("topics", "republish", *flags)
        run("ingest", samples, *flags)
        fourth, _ = check_topics(address, folder / "data", compacted=True)
        expect(fourth < third, f"{fourth} events: more was published than the records of the lost topic")

        # The same while a daemon publishes: it says so by itself, and fills the topic when the next document comes.
        recreated_under_a_daemon(folder, address, text, admin)
        check_topics(address, folder / "data", compacted=True)

        # A poisoned message is copied to its dead-letter topic unchanged, with headers that say what went wrong.
        subprocess.run(
            ["kcat", "-b", address, "-t", "bulletin.sections.market", "-P", "-k", "key", "-H", "own=1"],
            input="poison",
            text=True,
            timeout=60,
            check=True,
        )
        other = folder / "other.txt"
        other.write_text(text.replace("2024年第6期", "2024年第7期"))
        run("ingest", other, *flags, code=None)
        letters = read_topics(address, "bulletin.sections.market.dlq")["bulletin.sections.market.dlq"]
        expect(len(letters) == 2, f"{len(letters)} copies")  # prices and articles read the topic
        for key, headers, value in letters:
            expect(key == "key" and value == b"poison" and headers["own"] == "1", headers)
            said = {
                name: headers["__connect.errors." + name]
                for name in ("topic", "stage", "task.id", "exception.class.name")
            }
            expect(
                said
                == {
                    "topic": "bulletin.sections.market",
                    "stage": "decode",
                    "task.id": "0",
                    "exception.class.name": "ytterby.decode",
                },
                headers,
            )
            consumer = headers["__connect.errors.class.name"].removeprefix("ytterby.")
            expect(
                consumer in ("prices", "articles")
                and headers["__connect.errors.connector.name"].startswith(f"ytterby.{consumer}."),
                headers,
            )
            expect(headers["__connect.errors.exception.message"], headers)
            # The headers say where the original message is: read it there.
            where = ["-p", headers["__connect.errors.partition"], "-o", headers["__connect.errors.offset"], "-c", "1"]
            done = subprocess.run(
                ["kcat", "-b", address, "-t", "bulletin.sections.market", "-C", "-q", *where],
                capture_output=True,
                timeout=60,
                check=True,
            )
            expect(done.stdout == b"poison\n", done.stdout)

        # A document that is too large for the log.
        (folder / "small.yaml").write_text("limits:\n  max_event_bytes: 10000\n")
        long = folder / "long.txt"
        long.write_text(text.replace("2024年第6期", "2024年第8期").replace("。", "。" + "长" * 4000, 1))
        run("ingest", long, *flags, "--config", folder / "small.yaml", code=65)
        letters = read_topics(address, "bulletin.documents.dlq")["bulletin.documents.dlq"]
        expect(len(letters) == 1, f"{len(letters)} document letters")
        key, headers, value = letters[0]
        letter = json.loads(value)
        checks["dead-letter.schema.json"].validate(letter)
        said = {
            name: headers["__connect.errors." + name]
            for name in ("topic", "stage", "connector.name", "class.name", "exception.class.name")
        }
        expect(
            said
            == {
                "topic": "bulletin.documents",
                "stage": "publish",
                "connector.name": "ytterby.feed",
                "class.name": "ytterby.feed",
                "exception.class.name": "ytterby.publish",
            },
            headers,
        )
        expect(headers["__connect.errors.exception.message"] == letter["reason"], headers)
        expect(letter["name"] == "long.txt" and letter["document"] == key and "bytes" in letter["reason"], letter)
    print(f"{third} record events validate; compacted they equal the export")
