"""Shared by the end-to-end and fault tests: running the program, brokers, comparing exports. Standard library only,
except where a function imports something else."""
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

YTTERBY = os.environ["YTTERBY"]
SYNTHESIZE = os.environ["YTTERBY_SYNTHESIZE"]
SOURCE = Path(os.environ["YTTERBY_SOURCE_DIR"])
SECTION_TOPICS = [
    f"bulletin.sections.{name}"
    for name in (
        "industry-news",
        "science-frontier",
        "policy-regulation",
        "market",
        "knowledge",
        "abstracts",
        "journal-contents",
        "patent-briefs",
        "patent-list",
    )
]
SHARED = SOURCE.parent / "shared"
# By what the promised times of recovery are multiplied: ctest runs tests beside others, ops/fault runs one alone.
SLACK = float(os.environ.get("YTTERBY_TEST_SLACK", "1"))
SKIPPED = 77


# Control characters that change what a terminal shows, C1 and bidirectional ones among them. None may be printed.
HARMFUL = [chr(c) for c in (*range(0, 9), *range(11, 32), *range(0x7F, 0xA0), 0x202E, 0x2066)]


def run(*args, code=0, timeout=300, env=None):
    """Runs the program and expects this exit code; returns stdout and stderr."""
    done = subprocess.run(
        [YTTERBY, *map(str, args)], capture_output=True, text=True, timeout=timeout, env={**os.environ, **(env or {})}
    )
    if code is not None and done.returncode != code:
        sys.exit(
            f"ytterby {' '.join(map(str, args))}: exit {done.returncode}, expected {code}\n{done.stdout}\n{done.stderr}"
        )
    return done.stdout, done.stderr


def export_all(data_dir, into, *flags):
    """Exports every kind; returns {file name: bytes}."""
    run("export", "all", "--data-dir", data_dir, "--output", into, *flags)
    return {path.name: path.read_bytes() for path in sorted(Path(into).iterdir())}


def http_get(port, path):
    """The status and body of the program's answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def metrics(port):
    """The program's metrics, by name with labels as in `name{label="value"}`."""
    status, text = http_get(port, "/metrics")
    expect(status == 200, text)
    return {
        name: float(value)
        for name, value in (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    }


def expect(condition, message):
    if not condition:
        sys.exit(f"FAILED: {message}")


def until(what, condition, process=None, log=None, seconds=60):
    """Waits until the condition returns something true, and returns that. Fails after this many seconds or when the
    process ends, printing the end of its log."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        alive = process is None or process.poll() is None
        expect(
            alive and time.monotonic() < deadline,
            f"after {seconds} s or the end of the process: {what}" + (f": {log.read_text()[-3000:]}" if log else ""),
        )
        time.sleep(0.02)
    return answer


def expect_same(a, b, what):
    expect(a.keys() == b.keys(), f"{what}: the file names differ")
    for name in a:
        if a[name] != b[name]:
            left, right = a[name].splitlines(), b[name].splitlines()
            first = next(
                (pair for pair in zip(left, right) if pair[0] != pair[1]), (f"{len(left)} lines", f"{len(right)} lines")
            )
            sys.exit(f"FAILED: {what}: {name} differs:\n  {first[0][:400]}\n  {first[1][:400]}")


def validators(folder=SOURCE / "schemas" / "json"):
    """A validator for each JSON Schema in a folder, by file name."""
    import jsonschema

    schemas = {path.name: json.loads(path.read_text()) for path in folder.glob("*.schema.json")}
    store = {key: schema for name, schema in schemas.items() for key in (name, f"schemas/json/{name}")}
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    return {
        name: jsonschema.Draft202012Validator(schema, resolver=jsonschema.RefResolver(name, schema, store=store))
        for name, schema in schemas.items()
    }


@functools.cache
def header_validators():
    """A validator for the headers of each topic, from asyncapi.yaml."""
    import jsonschema
    import yaml

    api = yaml.safe_load((SOURCE / "schemas" / "json" / "asyncapi.yaml").read_text())
    named = (
        lambda one: functools.reduce(lambda at, step: at[step], one["$ref"].removeprefix("#/").split("/"), api)
        if "$ref" in one
        else one
    )
    topics = {}
    for channel in api["channels"].values():
        parts = [
            trait["headers"]
            for message in channel["messages"].values()
            for trait in map(named, named(message)["traits"])
        ]
        expect(parts, f"{channel['address']}: asyncapi.yaml describes no headers")
        schema = {"allOf": parts}
        jsonschema.Draft202012Validator.check_schema(schema)
        for category in channel.get("parameters", {}).get("category", {}).get("enum", [""]):
            topics[channel["address"].replace("{category}", category)] = jsonschema.Draft202012Validator(schema)
    return topics


def read_topics(address, *topics, described=True):
    """All committed records of these topics as key, headers and value, by topic, in the order of each partition.
    `described`: the headers must match asyncapi.yaml."""
    from confluent_kafka import Consumer, KafkaException, TopicPartition

    consumer = Consumer(
        {
            "bootstrap.servers": address,
            "group.id": "downstream",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    try:
        known = consumer.list_topics(timeout=30).topics
        places = [TopicPartition(topic, partition, 0) for topic in topics for partition in known[topic].partitions]
        consumer.assign(places)
        messages, ended = {topic: [] for topic in topics}, set()
        while len(ended) < len(places):
            message = consumer.poll(30)
            expect(message is not None, f"{topics}: the end of the partitions was not reached within 30 s")
            if message.error() is None:
                headers = {name: value.decode() for name, value in message.headers() or []}
                if described:
                    header_validators()[message.topic()].validate(headers)
                messages[message.topic()].append((message.key().decode(), headers, message.value()))
            elif message.error().name() == "_PARTITION_EOF":
                ended.add((message.topic(), message.partition()))
            else:
                raise KafkaException(message.error())
        return messages
    finally:
        consumer.close()


def as_text(value):
    """Converts numbers to text: the export prints decimals as JSON numbers, events hold them as strings."""
    if isinstance(value, dict):
        return {key: as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_text(item) for item in value]
    return value if value is None or isinstance(value, (bool, str)) else str(value)


def exported_records(kind, *flags):
    """The records of a kind as `export` prints them, with numbers as text, by record id."""
    out, _ = run("export", kind, *flags)
    rows = [json.loads(line, parse_float=str, parse_int=str) for line in out.splitlines()]
    return {row["id"]: row for row in rows}


class Folder:
    """A temporary folder, removed at the end."""

    def __enter__(self):
        self.path = Path(tempfile.mkdtemp(prefix="ytterby-e2e-"))
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


class MemoryDisk:
    """A small separate file system (tmpfs), on which durable writes take no time."""

    def __init__(self, folder, megabytes):
        self.path, self.megabytes = folder / "disk", megabytes

    def __enter__(self):
        self.path.mkdir()
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={self.megabytes}m,mode=755", "tmpfs", self.path], check=True
        )
        return self

    def remount(self, options):
        subprocess.run(["mount", "-o", f"remount,{options}", self.path], check=True)

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.path], check=True)


def may_mount():
    with Folder() as folder:
        done = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True)
        if done.returncode == 0:
            subprocess.run(["umount", folder], check=True)
    return done.returncode == 0


class Broker:
    """A real Kafka broker for one test."""

    def __init__(self, folder, *flags):
        self.dir = folder / "kafka"
        self.script = SOURCE / "ops" / "kafka" / "broker"
        self.flags = flags

    def start(self):
        done = subprocess.run(
            [self.script, "start", "--dir", self.dir, *self.flags], capture_output=True, text=True, timeout=240
        )
        expect(done.returncode == 0, f"the broker did not start: {done.stderr}")
        self.address = done.stdout.strip().splitlines()[-1]

    def stop(self, *flags):
        done = subprocess.run(
            [self.script, "stop", "--dir", self.dir, *flags], capture_output=True, text=True, timeout=60
        )
        expect(done.returncode == 0, f"the broker was not stopped: {done.stderr}")

    @contextmanager
    def standing_still(self):
        pid = int((self.dir / "pid").read_text())
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def pause(self, seconds):
        with self.standing_still():
            time.sleep(seconds)

    def tool(self, name, *args):
        done = subprocess.run(
            [self.script, "tool", f"org.apache.kafka.tools.{name}", "--bootstrap-server", self.address, *args],
            capture_output=True,
            text=True,
            timeout=120,
        )
        expect(done.returncode == 0, f"{name}: {done.stdout}{done.stderr}")
        return done.stdout

    def __enter__(self):
        self.start()
        return self.address

    def __exit__(self, *_):
        subprocess.run([self.script, "stop", "--dir", self.dir], capture_output=True, timeout=60)


class Cluster:
    """Three real Kafka brokers, each also a controller: one may be down at any time."""

    SETTINGS = """node.id={number}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:@port@,CONTROLLER://127.0.0.1:{controller}
default.replication.factor=3
offsets.topic.replication.factor=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
"""

    def __init__(self, folder):
        ports = free_ports(6)
        clients, controllers = ports[:3], ports[3:]
        voters = ",".join(f"{i + 1}@127.0.0.1:{port}" for i, port in enumerate(controllers))
        self.address = ",".join(f"127.0.0.1:{port}" for port in clients)
        self.brokers = []
        for i, (port, controller) in enumerate(zip(clients, controllers)):
            home = folder / f"broker-{i + 1}"
            home.mkdir()
            (home / "settings").write_text(self.SETTINGS.format(number=i + 1, voters=voters, controller=controller))
            self.brokers.append(
                Broker(
                    home, "--port", str(port), "--settings", home / "settings", "--cluster-id", "ytterby-tests-cluster0"
                )
            )

    def __enter__(self):
        with ThreadPoolExecutor() as together:  # none answers until two of them are up
            list(together.map(Broker.start, self.brokers))
        return self

    def __exit__(self, *_):
        for broker in self.brokers:
            broker.__exit__()

    def partitions(self, addresses):
        """Every partition as one of these brokers reports it; empty while none of them answers."""
        done = subprocess.run(
            ["kcat", "-b", addresses, "-L", "-J", "-m", "5"], capture_output=True, text=True, timeout=30
        )
        if done.returncode != 0:
            return []
        return [partition for topic in json.loads(done.stdout)["topics"] for partition in topic["partitions"]]

    def is_whole(self):
        """Whether every partition is in sync on all three brokers."""
        partitions = self.partitions(self.address)
        return bool(partitions) and all(len(partition["isrs"]) == 3 for partition in partitions)

    def is_led_without(self, broker):
        """Whether the other two have noticed that this broker is gone: they lead every partition."""
        number = self.brokers.index(broker)
        others = [address for i, address in enumerate(self.address.split(",")) if i != number]
        partitions = self.partitions(",".join(others))
        return bool(partitions) and all(partition["leader"] not in (-1, number + 1) for partition in partitions)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Postgres:
    """A real PostgreSQL server for one test."""

    def __init__(self, folder):
        folder.chmod(0o711)  # the server runs as another user
        self.dir = folder / "postgres"
        self.script = SOURCE / "ops" / "postgres" / "server"

    def start(self):
        done = subprocess.run([self.script, "start", "--dir", self.dir], capture_output=True, text=True, timeout=120)
        expect(done.returncode == 0, f"the server did not start: {done.stderr}")
        self.url = done.stdout.strip().splitlines()[-1]

    def stop(self, *flags):
        done = subprocess.run(
            [self.script, "stop", "--dir", self.dir, *flags], capture_output=True, text=True, timeout=90
        )
        expect(done.returncode == 0, f"the server was not stopped: {done.stderr}")

    @contextmanager
    def standing_still(self):
        """The server with all its sessions neither answers nor ends."""
        pid = (self.dir / "data" / "postmaster.pid").read_text().splitlines()[0]
        os.kill(int(pid), signal.SIGSTOP)  # first, so that it starts no other
        children = subprocess.run(["pgrep", "-P", pid], capture_output=True, text=True).stdout.split()
        for child in children:
            os.kill(int(child), signal.SIGSTOP)
        try:
            yield
        finally:
            for process in (*children, pid):
                os.kill(int(process), signal.SIGCONT)

    def pause(self, seconds):
        with self.standing_still():
            time.sleep(seconds)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        subprocess.run([self.script, "stop", "--dir", self.dir, "--kill"], capture_output=True, timeout=90)


def synthesize(folder, count, *args):
    subprocess.run([SYNTHESIZE, folder, str(count), *map(str, args)], check=True, timeout=120)
    return folder


def score(export, gold, texts):
    """The scorer's figures by kind."""
    import json

    done = subprocess.run(
        [sys.executable, SHARED / "score" / "score.py", "--export", export, "--gold", gold, "--texts", texts, "--json"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    expect(done.returncode == 0, done.stdout + done.stderr)
    return json.loads(done.stdout.splitlines()[0])
