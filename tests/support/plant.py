"""The harness of the fault suite: the real program as processes with a real broker and a real PostgreSQL, ways to break
them, and checks that nothing was lost or duplicated."""
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import statistics
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

from ytterby_test import (
    SECTION_TOPICS,
    SLACK,
    YTTERBY,
    as_text,
    expect,
    expect_same,
    export_all,
    exported_records,
    read_topics,
    run,
    synthesize,
)

CONSUMERS = ("prices", "patents", "policies", "articles")
MEMBERS = 3
SESSION_SECONDS = 6
RECOVERY_SECONDS = 5 * SLACK  # the limit, counted from when the broker or server answers again
TAKEOVER_SECONDS = SESSION_SECONDS + 2 * SLACK  # the limit until others have a dead member's partitions
LEASE_SECONDS = 10
RECORD_TOPICS = ("prices", "indices", "patents", "policies", "quotas", "standards", "findings")


def counts_of(fetch):
    """Per consumer the numbers of sections, of records and findings, and of manifests, counted in the tables."""
    return {
        name: tuple(fetch(f"SELECT count(*) FROM {name}_{table}") for table in ("stored", "row", "manifest"))
        for name in CONSUMERS
    }


class Plant:
    """The processes of the whole pipeline, and ways to break them."""

    def __init__(self, folder, address, server, waiting, topics="{}"):
        """`waiting`: the documents still to be offered. `topics`: the topic configuration in YAML."""
        self.folder, self.address, self.server, self.waiting, self.topics = folder, address, server, waiting, topics
        (folder / "inbox").mkdir()
        self.begin = time.monotonic()
        self.processes = {}
        self.faults = {}
        self.recoveries = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Ends what a failed test leaves running."""
        for process in self.processes.values():
            process.kill()
            process.wait()

    def start(self, name, static=True):
        command = ["produce"] if name == "producer" else ["consume"]
        log = open(self.folder / f"{name}.log", "a")
        config = self.folder / f"{name}.yaml"
        # A static member that comes back gets its place back at once; one that stays away keeps it until its session
        # ends.
        instance = f"  group.instance.id: {name.replace(' ', '-')}\n" if static else ""
        config.write_text(
            f"data_dir: {self.folder}/data\nbrokers: {self.address}\nstore: {self.server.url}\nhttp:\n  listen: ''\n"
            f"stop_timeout_s: 5\ntopics: {self.topics}\n"
            f"kafka:\n  session.timeout.ms: {SESSION_SECONDS * 1000}\n"
            f"  max.poll.interval.ms: {SESSION_SECONDS * 1000}\n{instance}"
            f"feeds:\n  - name: inbox\n    directory: {self.folder}/inbox\n    settle_ms: 50\n"
        )
        self.processes[name] = subprocess.Popen([YTTERBY, *command, "--config", config], stderr=log, stdout=log)
        log.close()

    def start_all(self):
        for name in ("producer", *(f"member {i}" for i in range(MEMBERS))):
            self.start(name)

    def offer(self):
        """Gives the feed one more document; returns its name, or None if there are none left."""
        if not self.waiting:
            return None
        path = self.waiting.pop()
        shutil.copy(path, self.folder / "inbox" / f".{path.name}")
        os.rename(self.folder / "inbox" / f".{path.name}", self.folder / "inbox" / path.name)
        return path.name

    def stop(self, name):
        """Stops a process: it must drain, leave its group and exit with 0."""
        process = self.processes.pop(name)
        process.terminate()
        expect(
            process.wait(timeout=60) == 0,
            f"{name} ended with {process.returncode}: {(self.folder / (name + '.log')).read_text()[-3000:]}",
        )

    def member_comes_and_goes(self, seconds):
        """Causes two rebalances while documents are being processed."""
        self.count_fault("member came and went")
        self.start("guest", static=False)
        self.offer()
        time.sleep(seconds)
        self.offer()
        self.stop("guest")

    def await_groups(self):
        """Waits until the broker has dropped every member that left and each remaining one has its partitions."""
        from confluent_kafka.admin import AdminClient

        admin = AdminClient({"bootstrap.servers": self.address})
        deadline = time.monotonic() + 60
        while True:
            groups = [
                group for group in admin.list_groups(timeout=60) if group.id.startswith("ytterby.") and group.members
            ]
            if len(groups) == len(CONSUMERS) and all(
                group.state == "Stable" and len(group.members) == MEMBERS for group in groups
            ):
                return
            expect(
                time.monotonic() < deadline,
                f"the groups do not settle: {[(group.id, group.state, len(group.members)) for group in groups]}",
            )

    def kill(self, name):
        self.processes[name].kill()
        self.processes[name].wait()
        self.start(name)

    def stop_all(self):
        """Stops all processes: each must drain and exit with 0."""
        for process in self.processes.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for name, process in self.processes.items():
            expect(
                process.wait(timeout=60) == 0,
                f"{name} ended with {process.returncode}: {(self.folder / (name + '.log')).read_text()[-3000:]}",
            )

    def lock(self, table):
        """A session that holds a table lock until `release` ends it."""
        session = subprocess.Popen(
            ["psql", "-qAt", self.server.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        session.stdin.write(f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE; SELECT 'locked';\n")
        session.stdin.flush()
        expect(session.stdout.readline().strip() == "locked", f"{table} was not locked")
        return session

    def owner_of(self, port):
        """The name of the process whose connection to the server comes from this local port (connections to other
        addresses may use the same port)."""
        ends = f":{port:04X}", f":{urlsplit(self.server.url).port:04X}"
        inode = next(
            fields[9]
            for fields in map(str.split, Path("/proc/net/tcp").read_text().splitlines())
            if fields[1].endswith(ends[0]) and fields[2].endswith(ends[1])
        )
        for name, process in self.processes.items():
            for fd in Path(f"/proc/{process.pid}/fd").iterdir():
                try:
                    if os.readlink(fd) == f"socket:[{inode}]":
                        return name
                except FileNotFoundError:
                    pass  # it has been closed
        expect(False, f"no process has port {port}")

    @staticmethod
    def release(session):
        session.communicate("COMMIT;\n", timeout=60)

    def expect_alive(self):
        for name, process in self.processes.items():
            expect(
                process.poll() is None,
                f"{name} ended by itself with {process.returncode}: "
                f"{(self.folder / (name + '.log')).read_text()[-3000:]}",
            )

    def count_fault(self, kind):
        self.faults[kind] = self.faults.get(kind, 0) + 1

    def sql(self, text, retry=True):
        """One number from the server; the query is retried while the server is away."""
        deadline = time.monotonic() + 60
        while True:
            done = subprocess.run(
                ["psql", "-qAt", "-v", "ON_ERROR_STOP=1", self.server.url],
                input=text,
                capture_output=True,
                text=True,
                timeout=60,
            )
            if done.returncode == 0:
                return int(done.stdout.strip() or 0)
            expect(retry and time.monotonic() < deadline, f"the server does not answer: {done.stderr}")

    def peak_mb(self):
        """The highest peak memory of any process, in MB."""
        peaks = [
            re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())
            for process in self.processes.values()
        ]
        return max(int(peak[1]) for peak in peaks if peak) / 1000

    def pass_through(self, documents=1):
        """Seconds until documents offered now are completely stored by every consumer; None if too few are left to
        offer."""
        begin = time.monotonic()
        if len(self.waiting) < documents:
            return None
        self.await_stored([self.offer() for _ in range(documents)])
        return time.monotonic() - begin

    def await_stored(self, documents):
        """Waits until every consumer has completely stored these documents."""
        begin = time.monotonic()
        names = ", ".join(f"'{name}'" for name in documents)
        manifests = " + ".join(
            f"(SELECT count(*) FROM {consumer}_manifest WHERE name IN ({names}))" for consumer in CONSUMERS
        )
        sections = " + ".join(
            f"(SELECT count(*) FROM {consumer}_manifest m JOIN {consumer}_manifest_section l ON l.manifest = m.id "
            f"JOIN {consumer}_section s ON s.id = l.section WHERE m.name IN ({names}) AND s.content IS NULL)"
            for consumer in CONSUMERS
        )
        while self.sql(f"SELECT {manifests}") < len(documents) * len(CONSUMERS) or self.sql(f"SELECT {sections}") > 0:
            expect(time.monotonic() - begin < 60, f"{names} are not stored after 60 s")

    def outage(self, kind, stop, start):
        """A service dies during work and comes back; the recovery is measured from the moment it answers again. Members
        killed just before are first given time to settle."""
        self.count_fault(kind)
        self.pass_through()
        self.offer()
        self.offer()
        stop()
        self.offer()
        start()
        self.note_recovery(kind, self.pass_through())

    def note_recovery(self, kind, seconds):
        expect(seconds is not None, "no document is left to measure a recovery; use more issues")
        self.recoveries.append((seconds, kind))

    def poison(self, text):
        self.count_fault("poison appended")
        subprocess.run(
            ["kcat", "-b", self.address, "-t", "bulletin.sections.market", "-P", "-k", "poison"],
            input=text,
            text=True,
            capture_output=True,
            timeout=60,
            check=True,
        )


def await_published(plant):
    """Waits until no issue is dirty; a killed relay keeps its lease for a while."""
    deadline = time.monotonic() + 90
    while plant.sql("SELECT " + " + ".join(f"(SELECT count(*) FROM {name}_dirty)" for name in CONSUMERS)):
        expect(time.monotonic() < deadline, "issues are still dirty after 90 s: no process publishes")


def check_record_topics(address, *flags):
    """Checks that the compacted record topics equal the export with these flags, and that a repeated event is identical
    to the first. Returns the number of events, and of repeated ones."""
    messages = read_topics(address, *(f"bulletin.{topic}" for topic in RECORD_TOPICS))
    events = again = 0
    for topic in RECORD_TOPICS:
        left, seen, sequences = {}, {}, {}
        for key, headers, value in messages[f"bulletin.{topic}"]:
            events += 1
            again += headers["ce_id"] in seen
            expect(
                seen.setdefault(headers["ce_id"], value) == value,
                f"{topic}: an event of {key} was repeated with a different value",
            )
            expect(
                sequences.get(key, 0) <= int(headers["ce_sequence"]),
                f"{topic}: an older event of {key} follows a newer one",
            )
            sequences[key] = int(headers["ce_sequence"])
            left[key] = value
        left = {key: as_text(json.loads(value)) for key, value in left.items() if value is not None}
        exported = exported_records(topic, *flags)
        expect(
            left == exported,
            f"{topic}: {len(left)} records on the topic, {len(exported)} exported, or their contents differ",
        )
    return events, again


def undisturbed(folder, documents):
    run("ingest", documents, "--data-dir", folder / "calm")
    store = sqlite3.connect(folder / "calm" / "store.db")
    counts = counts_of(lambda query: store.execute(query).fetchone()[0])
    store.close()
    return counts, export_all(folder / "calm", folder / "calm-out")


def distinct_events(plant):
    """How often each section is in the log, by its id."""
    seen = {}
    for topic in SECTION_TOPICS:
        done = subprocess.run(
            ["kcat", "-b", plant.address, "-t", topic, "-C", "-e", "-q", "-f", "%h\n"],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        for line in done.stdout.splitlines():
            for header in line.split(","):
                if header.startswith("ce_id="):
                    seen[header] = seen.get(header, 0) + 1
    return seen


def documents_with_corrections(folder, issues, plan, size=12000):
    """Synthetic issues, every fifth of them twice: the second time corrected and under another name. The plan shuffles
    them."""
    synthesize(folder / "documents", issues, size)
    synthesize(folder / "corrected", issues, size + 2000, 7)
    for path in sorted((folder / "corrected").iterdir())[::5]:
        path.rename(folder / "documents" / f"{path.stem}-corrected.txt")
    waiting = sorted((folder / "documents").iterdir())
    plan.shuffle(waiting)
    return waiting


def settle(plant, counts, seconds=180):
    """Waits until everything is stored, or something is stored twice."""
    deadline = time.monotonic() + seconds
    while True:
        now = counts_of(plant.sql)
        doubled = any(a > b for name in CONSUMERS for a, b in zip(now[name], counts[name]))
        if now == counts or doubled or time.monotonic() > deadline:
            return now


def check_all(plant, folder, counts, calm, documents):
    """Waits until everything is stored, prints the report, and checks: every section and record is there once, the log
    is complete, each poisoned message is a dead letter, the exports equal those of an undisturbed run, and the record
    topics hold the current view. Returns how many sections were appended again."""
    now = settle(plant, counts)
    settled = time.monotonic() - plant.begin
    seen = distinct_events(plant)
    letters = plant.sql("SELECT count(*) FROM dead_letters")
    exported = export_all(folder / "data", folder / "hard-out", "--store", plant.server.url)
    sections = counts["articles"][0]
    lost = sum(max(0, b - a) for name in CONSUMERS for a, b in zip(now[name], counts[name]))
    doubled = sum(max(0, a - b) for name in CONSUMERS for a, b in zip(now[name], counts[name]))
    print(f"faults     {', '.join(f'{count} {kind}' for kind, count in sorted(plant.faults.items()))}")
    print(f"documents  {documents}, sections {sections}, rows {sum(counts[name][1] for name in CONSUMERS)}")
    print(f"lost       {lost}, doubled {doubled} (rows, sections and manifests of four consumers)")
    print(f"log        {len(seen)} sections, {sum(seen.values()) - len(seen)} appended again; {letters} dead letters")
    if plant.recoveries:
        seconds = [seconds for seconds, _ in plant.recoveries]
        print(
            f"recovery   median {statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s, of {len(seconds)}; "
            "the slowest: "
            + ", ".join(f"{one:.2f} s ({kind})" for one, kind in sorted(plant.recoveries, reverse=True)[:5])
        )
        # A shared machine may stall once, so one recovery may take twice the limit.
        late = [one for one in seconds if one > RECOVERY_SECONDS]
        expect(
            len(late) <= 1 and max(seconds) <= 2 * RECOVERY_SECONDS,
            f"recoveries took more than {RECOVERY_SECONDS} s: {late}",
        )
    print(f"seconds    {settled:.0f}")
    expect(lost == 0 and doubled == 0, f"the counts are {now}, not {counts}")
    expect(len(seen) == sections, f"{len(seen)} sections in the log, not {sections}")
    expect(letters == 2 * plant.faults.get("poison appended", 0), f"{letters} dead letters")
    expect_same(calm, exported, "after all faults")
    await_published(plant)
    for path in plant.folder.glob("*.log"):
        expect(
            "record topic was recreated" not in path.read_text(),
            f"{path.name}: a false alarm: no record topic was deleted",
        )
    events, again = check_record_topics(plant.address, "--data-dir", folder / "data", "--store", plant.server.url)
    print(f"topics     {events} record events, {again} came again; compacted they are the current view", flush=True)
    return sum(seen.values()) - len(seen)


def seeded(argument, script):
    """The plan's random generator, from the given seed or a new one, which is printed."""
    seed = int(argument) if argument else random.randrange(1 << 30)
    print(f"seed {seed}: {script} {seed} repeats this plan", flush=True)
    return random.Random(seed)
