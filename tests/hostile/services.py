#!/usr/bin/env python3
"""Messages that anybody with a producer could put on the topics of a real broker, and settings that a server's owner
could make: each row states what becomes of it. The exports are those of an undisturbed run, but for what it states.

    services.py           runs the table
    services.py --rows    prints its rows, for the runbook
"""
import json
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

SECTIONS, DOCUMENTS, PRICES = "bulletin.sections.market", "bulletin.documents", "bulletin.prices"
OWNERSHIP = "bulletin.ownership"
LETTER, IGNORED, REFUSED = "dead letter", "no change", "refused by the broker"
REPLACED = "published over, or no change"

# What is produced on which topic: key, value, headers. EVENT stands for the value, key or headers of a sound event.
EVENT = object()
MESSAGES = [
    ("section message: no value", SECTIONS, b"none", None, [], LETTER),
    ("section message: empty value", SECTIONS, b"k", b"", [], LETTER),
    ("section message: no key", SECTIONS, None, EVENT, EVENT, IGNORED),
    ("section message: another key", SECTIONS, b"\xff\x00key", EVENT, EVENT, IGNORED),
    ("section message: a sound event again", SECTIONS, EVENT, EVENT, EVENT, IGNORED),
    ("section message: no headers", SECTIONS, EVENT, EVENT, [], LETTER),
    ("section message: an id of other bytes", SECTIONS, EVENT, EVENT, [("ce_id", b"\xff\xfe")], LETTER),
    ("section message: an id of zeros", SECTIONS, EVENT, EVENT, [("ce_id", b"0" * 64)], LETTER),
    ("section message: a header without value", SECTIONS, EVENT, EVENT, [("ce_id", None)], LETTER),
    ("section message: a header of 100 kB", SECTIONS, b"k", b"{}", [("x", b"y" * 100_000)], LETTER),
    ("section message: 500 headers", SECTIONS, b"k", b"{}", [(f"h{i}", b"v") for i in range(500)], LETTER),
    ("section message: control characters", SECTIONS, b"\x1b]0;x\x07", b"\x1b[31m{", [("\x1b[2J", b"\x9b")], LETTER),
    ("section message: 900 kB of one letter", SECTIONS, b"k", b"a" * 900_000, [], LETTER),
    ("section message: 500 kB of brackets", SECTIONS, b"k", b"[" * 500_000, [], LETTER),
    ("section message: 500 kB of nested objects", SECTIONS, b"k", b'{"a":' * 100_000, [], LETTER),
    ("section message: no UTF-8", SECTIONS, b"k", b'{"title":"\xff\xfe"}', [], LETTER),
    ("section message: half a surrogate", SECTIONS, b"k", b'{"title":"\\ud800"}', [], LETTER),
    ("section message: a byte order mark", SECTIONS, b"k", b"\xef\xbb\xbf{}", [], LETTER),
    ("section message: XML", SECTIONS, b"k", b"<?xml version='1.0'?><a/>", [], LETTER),
    ("section message: an Avro frame", SECTIONS, b"k", b"\x00\x00\x00\x00\x01\x06abc", [], LETTER),
    ("section message: a retry of no letter", SECTIONS, EVENT, EVENT, [("ytterby_retry", b"zz")], LETTER),
    ("manifest message: no value", DOCUMENTS, b"none", None, [], LETTER),
    ("manifest message: no JSON", DOCUMENTS, b"k", b"\x00\x01", [], LETTER),
    ("manifest message: an empty object", DOCUMENTS, b"k", b"{}", [("ce_id", b"0" * 64)], LETTER),
    ("manifest message: a sound event again", DOCUMENTS, EVENT, EVENT, EVENT, IGNORED),
    ("manifest message: no headers", DOCUMENTS, EVENT, EVENT, [], LETTER),
    ("ownership message: no value", OWNERSHIP, b"none", None, [], IGNORED),
    ("ownership message: no JSON", OWNERSHIP, b"k", b"\x00", [], IGNORED),
    ("ownership message: an empty object", OWNERSHIP, b"k", b"{}", [], IGNORED),
    ("ownership message: a store that is no text", OWNERSHIP, b"k", b'{"store":7,"host":"x","at":"y"}', [], IGNORED),
    ("ownership message: an empty store", OWNERSHIP, b"k", b'{"store":"","host":"x","at":"y"}', [], IGNORED),
    ("record message: no key", PRICES, None, b"{}", [], REFUSED),
    ("record message: a strange key", PRICES, b"\x1b[31m\xff", b"{}", [], REPLACED),
    ("record message: a tombstone", PRICES, EVENT, None, [], REPLACED),
    ("record message: another value", PRICES, EVENT, b'{"value":"1"}', EVENT, REPLACED),
    ("record message: no JSON", PRICES, EVENT, b"\x00", EVENT, REPLACED),
    ("record message: a great sequence", PRICES, EVENT, b"{}", [("ce_sequence", b"9" * 30)], REPLACED),
]

# Settings of the database, and of the URL's options. Each is made before a new store is created in it.
SETTINGS = [
    ("database setting: client_encoding", "client_encoding = 'LATIN1'"),
    ("database setting: DateStyle", "DateStyle = 'German, DMY'"),
    ("database setting: TimeZone", "TimeZone = 'Asia/Kathmandu'"),
    ("database setting: IntervalStyle", "IntervalStyle = 'iso_8601'"),
    ("database setting: bytea_output", "bytea_output = 'escape'"),
    ("database setting: standard_conforming_strings", "standard_conforming_strings = off"),
    ("database setting: extra_float_digits", "extra_float_digits = -15"),
    ("database setting: default_transaction_isolation", "default_transaction_isolation = 'serializable'"),
    ("database setting: synchronous_commit", "synchronous_commit = off"),
    ("database setting: enable_indexscan", "enable_indexscan = off"),
    ("database setting: enable_hashjoin", "enable_hashjoin = off"),
    ("database setting: work_mem", "work_mem = '64kB'"),
    ("database setting: jit", "jit_above_cost = 0"),
    ("database setting: row_security", "row_security = off"),
    ("database setting: array_nulls", "array_nulls = off"),
    ("database setting: transform_null_equals", "transform_null_equals = on"),
    ("database setting: lc_messages", "lc_messages = 'C'"),
    ("database setting: statement_timeout", "statement_timeout = '30s'"),
    ("database setting: idle_in_transaction_session_timeout", "idle_in_transaction_session_timeout = '30s'"),
]
OPTIONS = [
    ("store URL: client_encoding", "client_encoding=LATIN1"),
    ("store URL: options of the server", "options=-c%20client_encoding%3DLATIN1%20-c%20DateStyle%3DGerman"),
    ("store URL: an application name", "application_name=x%27%3B--"),
    ("store URL: a connect timeout", "connect_timeout=5"),
]

if "--rows" in sys.argv:
    for name, *_, answer in MESSAGES:
        print(f"{name}\t{answer}")
    for name, _ in (*SETTINGS, *OPTIONS):
        print(f"{name}\tthe same exports")
    sys.exit(0)

from confluent_kafka import Consumer, Producer, TopicPartition

from daemon import CONSUMERS, Daemon
from ytterby_test import HARMFUL, SOURCE, Broker, Folder, Postgres, expect, export_all, run, until

SAMPLES = sorted(p for p in (SOURCE / "ops" / "samples").iterdir() if p.name != "README.md")


def messages_of(address, topic):
    """All messages of the topic, in the order of each partition."""
    client = Consumer(
        {"bootstrap.servers": address, "group.id": "reader", "enable.auto.commit": False, "enable.partition.eof": True}
    )
    partitions = client.list_topics(topic, timeout=30).topics[topic].partitions
    client.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    messages, ended = [], set()
    while len(ended) < len(partitions):
        message = client.poll(30)
        expect(message is not None, f"{topic}: its end was not reached within 30 s")
        if message.error():
            ended.add(message.partition())
        else:
            messages.append(message)
    client.close()
    return messages


def produce(address, topic, partition, key, value, headers):
    """The place of the message: topic, partition and offset; None if the broker refuses it."""
    places = []
    producer = Producer({"bootstrap.servers": address, "message.max.bytes": 2_000_000, "log_level": 0})
    producer.produce(
        topic,
        key=key,
        value=value,
        headers=headers,
        partition=partition,
        on_delivery=lambda error, sent: places.append(None if error else (topic, sent.partition(), sent.offset())),
    )
    producer.flush(30)
    expect(len(places) == 1, f"{topic}: no answer from the broker")
    return places[0]


def compacted(address, topic):
    """The last value under each key of each partition."""
    left = {}
    for message in messages_of(address, topic):
        left[message.partition(), message.key()] = message.value()
    return left


def hostile_messages(folder, address):
    flags = ["--brokers", address, "--data-dir", folder / "data"]
    run("topics", "apply", "--brokers", address)
    run("ingest", *SAMPLES, *flags)
    sound = export_all(folder / "data", folder / "sound", "--brokers", address)
    events = {topic: messages_of(address, topic)[0] for topic in (SECTIONS, DOCUMENTS, OWNERSHIP, PRICES)}
    published = compacted(address, PRICES)
    places = []
    for name, topic, key, value, headers, _ in MESSAGES:
        event = events[topic]
        places.append(
            produce(
                address,
                topic,
                event.partition(),
                event.key() if key is EVENT else key,
                event.value() if value is EVENT else value,
                event.headers() if headers is EVENT else headers,
            )
        )
    daemon = Daemon(folder / "daemon", "consume", *flags)
    try:
        daemon.await_ready()
        for consumer in CONSUMERS:
            until(f"{consumer} does not end", lambda: daemon.lag(consumer) == 0, daemon.process, daemon.log)
        daemon.stop()
    finally:
        daemon.kill()
    listed = run("dead-letters", "list", "--json", *flags)
    letters = {(one["topic"], one["partition"], one["offset"]) for one in map(json.loads, listed[0].splitlines())}
    wrong = []
    for (name, *_, answer), place in zip(MESSAGES, places):
        got = LETTER if place in letters else IGNORED if place else REFUSED
        if got != answer and not (answer == REPLACED and got == IGNORED):
            wrong.append(f"{name}: {got}, not {answer}")
    for text in (daemon.text(), *listed, *run("dead-letters", "list", *flags), *run("status", *flags)):
        if any(harm in text for harm in HARMFUL):
            wrong.append(f"a control character reaches the terminal: {text[:200]!r}")
    if export_all(folder / "data", folder / "after", "--brokers", address) != sound:
        wrong.append("the exports are others")
    run("topics", "republish", *flags)
    run("ingest", *SAMPLES, *flags, code=None)
    after = compacted(address, PRICES)
    differ = {place for place in published if after.get(place) != published[place]}
    if differ:
        wrong.append(f"{len(differ)} of {len(published)} records stay as strangers left them")
    return wrong


def hostile_settings(folder, server):
    wrong = []
    run("ingest", *SAMPLES, "--data-dir", folder / "calm")
    sound = export_all(folder / "calm", folder / "calm-out")
    base, database = server.url.rsplit("/", 1)

    def execute(sql, into=database):
        done = subprocess.run(["psql", "-X", "-q", f"{base}/{into}", "-c", sql], capture_output=True, text=True)
        expect(done.returncode == 0, f"{sql}: {done.stderr}")

    rows = [(name, setting, "") for name, setting in SETTINGS] + [(name, None, option) for name, option in OPTIONS]
    for number, (name, setting, option) in enumerate(rows):
        into = f"hostile{number}"
        execute(f"CREATE DATABASE {into} ENCODING 'UTF8' TEMPLATE template0")
        if setting:
            execute(f"ALTER DATABASE {into} SET {setting}")
        data, out = folder / f"data{number}", folder / f"out{number}"
        url = f"{base}/{into}" + (f"?{option}" if option else "")
        shutil.copytree(folder / "calm", data, ignore=shutil.ignore_patterns("store.db*"))
        _, said = run("ingest", *SAMPLES, "--data-dir", data, "--store", url, code=None)
        if export_all(data, out, "--store", url) != sound:
            wrong.append(f"{name}: other exports: {said[-200:]}")
    return wrong


with Folder() as folder, Postgres(folder) as server, Broker(folder) as address:
    wrong = hostile_messages(folder, address) + hostile_settings(folder, server)
    rows = len(MESSAGES) + len(SETTINGS) + len(OPTIONS)
    expect(not wrong, f"{len(wrong)} of {rows} rows:\n" + "\n".join(wrong))
    print(f"{rows} hostile messages and settings, each with its stated answer")
