#!/usr/bin/env python3
"""The whole way on a real broker and a real PostgreSQL while everything is broken by a seeded plan: producer and consumers killed, paused
past their session, the broker and the server killed, connections cut, tables locked, poison appended. Afterwards every section and record
is there once, the exports are those of an undisturbed run on the embedded log and SQLite, and the record topics compacted are the current view.
Then whoever publishes is paused past its lease, a topic is deleted with its log, and the store is lost.

    whole_way.py [KILLS] [ISSUES] [SEED]        (short plan: 40 60; long plan: 500 600)
"""
import json
import os
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import (YTTERBY, Broker, Folder, Postgres, as_text, expect, expect_same, export_all, exported_records, read_topics, run,
                          synthesize)

kills = int(sys.argv[1]) if len(sys.argv) > 1 else 40
issues = int(sys.argv[2]) if len(sys.argv) > 2 else 60
seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 30)
print(f"seed {seed}: whole_way.py {kills} {issues} {seed} repeats this plan", flush=True)
plan = random.Random(seed)
CONSUMERS = ("prices", "patents", "policies", "articles")
MEMBERS = 3
SESSION_SECONDS = 6
LEASE_SECONDS = 10
RECORD_TOPICS = ("prices", "indices", "patents", "policies", "quotas", "standards", "findings")


def counts_of(fetch):
    """Per consumer: sections, records and findings, manifests, each counted over the tables themselves."""
    return {name: tuple(fetch(f"SELECT count(*) FROM {name}_{table}") for table in ("stored", "row", "manifest")) for name in CONSUMERS}


class Plant:
    """The processes of the whole way, and the means to break them."""

    def __init__(self, folder, address, server, broker):
        self.folder, self.address, self.server, self.broker = folder, address, server, broker
        (folder / "inbox").mkdir()
        self.processes = {}
        self.faults = {}
        self.recoveries = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """What a failed test leaves running ends here."""
        for process in self.processes.values():
            process.kill()
            process.wait()

    def start(self, name):
        command = ["produce"] if name == "producer" else ["consume"]
        log = open(self.folder / f"{name}.log", "a")
        config = self.folder / f"{name}.yaml"
        # Each a static member: one that comes back takes its own place again at once, one that stays away loses it with its session.
        config.write_text(
            f"data_dir: {self.folder}/data\nbrokers: {self.address}\nstore: {self.server.url}\nhttp:\n  listen: ''\nstop_timeout_s: 5\n"
            f"kafka:\n  session.timeout.ms: {SESSION_SECONDS * 1000}\n  group.instance.id: {name.replace(' ', '-')}\n"
            f"feeds:\n  - name: inbox\n    directory: {self.folder}/inbox\n    settle_ms: 50\n")
        self.processes[name] = subprocess.Popen([YTTERBY, *command, "--config", config], stderr=log, stdout=log)
        log.close()

    def start_all(self):
        for name in ("producer", *(f"member {i}" for i in range(MEMBERS))):
            self.start(name)

    def kill(self, name):
        self.processes[name].kill()
        self.processes[name].wait()
        self.start(name)

    def stop_all(self):
        """Each drains and ends with 0."""
        for process in self.processes.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for name, process in self.processes.items():
            expect(process.wait(timeout=60) == 0, f"{name} ended with {process.returncode}: {(self.folder / (name + '.log')).read_text()[-3000:]}")

    def expect_alive(self):
        for name, process in self.processes.items():
            expect(process.poll() is None, f"{name} ended by itself with {process.returncode}: {(self.folder / (name + '.log')).read_text()[-3000:]}")

    def count_fault(self, kind):
        self.faults[kind] = self.faults.get(kind, 0) + 1

    def sql(self, text, retry=True):
        """One number from the server, asked again while it is away."""
        deadline = time.monotonic() + 60
        while True:
            done = subprocess.run(["psql", "-qAt", "-v", "ON_ERROR_STOP=1", self.server.url], input=text, capture_output=True, text=True, timeout=60)
            if done.returncode == 0:
                return int(done.stdout.strip() or 0)
            expect(retry and time.monotonic() < deadline, f"the server does not answer: {done.stderr}")

    def stored(self):
        return self.sql("SELECT count(*) FROM articles_manifest")

    def pass_through(self, offer):
        """Seconds until a document offered now is stored."""
        expected = self.stored()
        begin = time.monotonic()
        offer()
        while self.stored() <= expected:
            expect(time.monotonic() - begin < 60, "nothing is stored for 60 s")
        return time.monotonic() - begin

    def outage(self, offer, stop, start):
        """A service dies and comes back; measured from the moment it answers again. Before it, the members killed last are let settle."""
        self.pass_through(offer)
        stop()
        start()
        self.recoveries.append(self.pass_through(offer))

    def poison(self):
        subprocess.run(["kcat", "-b", self.address, "-t", "bulletin.sections.market", "-P", "-k", "poison"], input=f"poison {plan.random()}",
                       text=True, capture_output=True, timeout=60)

    def step(self, offer):
        """One fault of the plan; how many processes it killed."""
        fault = plan.choices(("process", "broker", "postgres", "pause", "cut", "lock", "poison"), (70, 5, 7, 2, 6, 3, 5))[0]
        if fault == "process":
            name = plan.choice(sorted(self.processes))
            self.count_fault("producer killed" if name == "producer" else "consumer killed")
            self.kill(name)
            return 1
        if fault == "broker":
            self.count_fault("broker killed")
            broker = [self.broker.script, "stop", "--kill", "--dir", self.broker.dir]
            self.outage(offer, lambda: subprocess.run(broker, capture_output=True, timeout=60, check=True),
                        lambda: subprocess.run([self.broker.script, "start", "--dir", self.broker.dir], capture_output=True, timeout=120, check=True))
            return 1
        if fault == "postgres":
            self.count_fault("PostgreSQL killed")
            self.outage(offer, lambda: self.server.stop("--kill"), self.server.start)
            return 1
        self.count_fault({"pause": "consumer paused past its session", "cut": "connections cut", "lock": "tables locked", "poison": "poison appended"}[fault])
        if fault == "pause":
            process = self.processes[f"member {plan.randrange(MEMBERS)}"]
            process.send_signal(signal.SIGSTOP)
            time.sleep(SESSION_SECONDS + 2)
            process.send_signal(signal.SIGCONT)
        elif fault == "cut":
            self.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'ytterby'")
        elif fault == "lock":
            self.sql("BEGIN; LOCK TABLE prices_section, articles_section IN ACCESS EXCLUSIVE MODE; SELECT count(*) FROM pg_sleep(2); COMMIT")
        else:
            self.poison()
        return 0


def await_published(plant):
    """Until no issue is dirty; a relay that was killed keeps its lease for a while."""
    deadline = time.monotonic() + 90
    while plant.sql("SELECT " + " + ".join(f"(SELECT count(*) FROM {name}_dirty)" for name in CONSUMERS)):
        expect(time.monotonic() < deadline, "issues stay dirty for 90 s: nobody publishes")


def check_record_topics(plant, data):
    """What is left of the record topics is the export; an event that came again is the same one. Returns the number of events, and of those
    that came again."""
    await_published(plant)
    messages = read_topics(plant.address, *(f"bulletin.{topic}" for topic in RECORD_TOPICS))
    events = again = 0
    for topic in RECORD_TOPICS:
        left, seen, sequences = {}, {}, {}
        for key, headers, value in messages[f"bulletin.{topic}"]:
            events += 1
            again += headers["ce_id"] in seen
            expect(seen.setdefault(headers["ce_id"], value) == value, f"{topic}: an event of {key} came again with another value")
            expect(sequences.get(key, 0) <= int(headers["ce_sequence"]), f"{topic}: an older event of {key} after a newer one")
            sequences[key] = int(headers["ce_sequence"])
            left[key] = value
        left = {key: as_text(json.loads(value)) for key, value in left.items() if value is not None}
        exported = exported_records(topic, "--data-dir", data, "--store", plant.server.url)
        expect(left == exported, f"{topic}: {len(left)} records on the topic, {len(exported)} exported, or others")
    return events, again


def sleeping_relay(plant, offer):
    """Whoever publishes is paused past its lease while there is something to publish, and woken when another has taken over."""
    for index in range(MEMBERS):
        process = plant.processes[f"member {index}"]
        term = plant.sql("SELECT term FROM relay")
        process.send_signal(signal.SIGSTOP)
        try:
            offer()
            deadline = time.monotonic() + LEASE_SECONDS + 2
            while plant.sql("SELECT term FROM relay") == term and time.monotonic() < deadline:
                time.sleep(0.1)
        finally:
            process.send_signal(signal.SIGCONT)
        if plant.sql("SELECT term FROM relay") != term:
            return
    expect(False, "no member that was paused had the relay's lease")


def topic_made_anew(plant, folder, calm, counts):
    """A topic deleted with its log is made again and filled from the archive by one command: the consumers see that it is another log, read
    it from its beginning, and nothing is doubled."""
    from confluent_kafka.admin import AdminClient
    topic = "bulletin.sections.market"
    admin = AdminClient({"bootstrap.servers": plant.address})
    for future in admin.delete_topics([topic], operation_timeout=30).values():
        future.result(60)
    deadline = time.monotonic() + 180
    while topic in admin.list_topics(timeout=30).topics:
        expect(time.monotonic() < deadline, "the topic does not go")
    flags = ["--data-dir", folder / "data", "--brokers", plant.address]
    run("topics", "apply", *flags)
    run("produce", "--refill", topic, *flags)
    # The new log has as many messages as the old one: it is told by what it lost, not by its length.
    while not any("is not the one stored" in (folder / f"member {i}.log").read_text() for i in range(MEMBERS)):
        expect(time.monotonic() < deadline, "nobody says that the topic is another")
    messages = sum(admin_offsets(plant.address, topic))
    while plant.sql(f"SELECT coalesce(sum(next_offset), 0) FROM offsets WHERE topic = '{topic}' AND consumer = 'articles'") != messages:
        expect(time.monotonic() < deadline, f"the refilled topic is not read to its end ({messages} messages)")
    plant.expect_alive()
    now = counts_of(plant.sql)
    expect(now == counts, f"after the refill {now}, not {counts}")
    expect_same(calm, export_all(folder / "data", folder / "refilled-out", "--store", plant.server.url), "after a topic was deleted and filled again")


def admin_offsets(address, topic):
    """The end of each partition."""
    from confluent_kafka import Consumer, TopicPartition
    consumer = Consumer({"bootstrap.servers": address, "group.id": "tests"})
    try:
        partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        return [consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)[1] for partition in partitions]
    finally:
        consumer.close()


def store_rebuilt(plant, folder, calm):
    """The store is lost: another one is filled from the log alone, and publishes nothing, because nothing changed."""
    before = sum(map(len, read_topics(plant.address, *(f"bulletin.{topic}" for topic in RECORD_TOPICS)).values()))
    plant.sql("CREATE DATABASE rebuilt ENCODING 'UTF8' TEMPLATE template0")
    url = plant.server.url.rsplit("/", 1)[0] + "/rebuilt"
    process = subprocess.Popen([YTTERBY, "consume", "--data-dir", folder / "elsewhere", "--brokers", plant.address, "--store", url, "--http", "none"],
                               stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        expected = plant.sql("SELECT sum(next_offset) FROM offsets")
        while True:
            done = subprocess.run(["psql", "-qAt", url, "-c", "SELECT coalesce(sum(next_offset), 0) FROM offsets"], capture_output=True, text=True, timeout=60)
            if done.returncode == 0 and int(done.stdout) == expected:
                break
            expect(time.monotonic() < deadline, f"the store is not rebuilt: {done.stdout} of {expected}")
        # Its relay has compared everything when it has noted whose topics it knows.
        while subprocess.run(["psql", "-qAt", url, "-c", "SELECT log_id <> '' FROM relay"], capture_output=True, text=True, timeout=60).stdout.strip() != "t":
            expect(time.monotonic() < deadline, "the rebuilt store is never compared with the record topics")
    finally:
        process.terminate()
        process.wait(timeout=60)
    expect_same(calm, export_all(folder / "elsewhere", folder / "rebuilt-out", "--store", url), "a store rebuilt from the log")
    after = sum(map(len, read_topics(plant.address, *(f"bulletin.{topic}" for topic in RECORD_TOPICS)).values()))
    expect(after == before, f"a rebuilt store published {after - before} events")


def undisturbed(folder, documents):
    run("ingest", documents, "--data-dir", folder / "calm")
    store = sqlite3.connect(folder / "calm" / "store.db")
    counts = counts_of(lambda query: store.execute(query).fetchone()[0])
    store.close()
    return counts, export_all(folder / "calm", folder / "calm-out")


def distinct_events(plant):
    """How often each section stands in the log, by its id."""
    seen = {}
    for topic in ("industry-news", "science-frontier", "policy-regulation", "market", "knowledge", "abstracts", "journal-contents", "patent-briefs", "patent-list"):
        done = subprocess.run(["kcat", "-b", plant.address, "-t", f"bulletin.sections.{topic}", "-C", "-e", "-q", "-f", "%h\n"], capture_output=True,
                              text=True, timeout=120, check=True)
        for line in done.stdout.splitlines():
            for header in line.split(","):
                if header.startswith("ce_id="):
                    seen[header] = seen.get(header, 0) + 1
    return seen


with Folder() as folder:
    documents = folder / "documents"
    # Every fifth issue comes twice, the second time corrected and under another name.
    synthesize(documents, issues, 12000)
    synthesize(folder / "corrected", issues, 14000, 7)
    for path in sorted((folder / "corrected").iterdir())[::5]:
        path.rename(documents / f"{path.stem}-corrected.txt")
    waiting = sorted(documents.iterdir())
    plan.shuffle(waiting)
    total = len(waiting)
    counts, calm = undisturbed(folder, documents)

    with Postgres(folder) as server:
        broker = Broker(folder)
        with broker as address:
            run("topics", "apply", "--brokers", address)
            run("store", "migrate", "--store", server.url)
            with Plant(folder, address, server, broker) as plant:

                def offer():
                    if waiting:
                        path = waiting.pop()
                        shutil.copy(path, folder / "inbox" / f".{path.name}")
                        os.rename(folder / "inbox" / f".{path.name}", folder / "inbox" / path.name)

                begin = time.monotonic()
                plant.start_all()
                killed = 0
                while killed < kills:
                    # The last documents are kept for the times after a service came back.
                    if len(waiting) > issues // 3 and plan.random() < 0.8:
                        offer()
                    killed += plant.step(offer)
                    time.sleep(plan.uniform(0, 0.6))
                    plant.expect_alive()
                sleeping_relay(plant, offer)
                while waiting:
                    offer()
                deadline = time.monotonic() + 180
                now = {}
                while time.monotonic() < deadline:
                    now = counts_of(plant.sql)
                    if now == counts or any(a > b for name in CONSUMERS for a, b in zip(now[name], counts[name])):
                        break
                settled = time.monotonic() - begin
                seen = distinct_events(plant)
                letters = plant.sql("SELECT count(*) FROM dead_letters")
                exported = export_all(folder / "data", folder / "hard-out", "--store", server.url)
                faults = ", ".join(f"{count} {kind}" for kind, count in sorted(plant.faults.items()))
                sections = counts["articles"][0]
                lost = sum(max(0, b - a) for name in CONSUMERS for a, b in zip(now[name], counts[name]))
                doubled = sum(max(0, a - b) for name in CONSUMERS for a, b in zip(now[name], counts[name]))
                print(f"faults     {faults}")
                print(f"documents  {total}, sections {sections}, rows {sum(counts[name][1] for name in CONSUMERS)}")
                print(f"lost       {lost}, doubled {doubled} (rows, sections and manifests of four consumers)")
                print(f"log        {len(seen)} sections, {sum(seen.values()) - len(seen)} appended again after a kill; {letters} dead letters")
                if plant.recoveries:
                    print(f"recovery   median {statistics.median(plant.recoveries):.2f} s, worst {max(plant.recoveries):.2f} s, of {len(plant.recoveries)}")
                print(f"seconds    {settled:.0f}")
                expect(lost == 0 and doubled == 0, f"{now}, not {counts}")
                expect(len(seen) == sections, f"{len(seen)} sections in the log, not {sections}")
                expect(letters == 2 * plant.faults.get("poison appended", 0), f"{letters} dead letters")
                expect_same(calm, exported, f"after {killed} kills")
                events, again = check_record_topics(plant, folder / "data")
                print(f"topics     {events} record events, {again} came again after a kill; compacted they are the current view")
                topic_made_anew(plant, folder, calm, counts)
                store_rebuilt(plant, folder, calm)
                plant.stop_all()
                print("afterwards a relay woken behind another, a topic deleted and filled again, and a store rebuilt from the log: the same bytes")
