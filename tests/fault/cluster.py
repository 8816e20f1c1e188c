#!/usr/bin/env python3
"""The whole pipeline on three real brokers and a real PostgreSQL: one broker after another is killed and comes back,
members come and go, a consumer's table is missing for a while, and its tables are locked for 20 s while the others
store a flood in which every thousandth message is poison. Afterwards nothing is lost or duplicated. Then all messages
are repeated, out of order and some of them twice, on another log and into another store; and two processes store both
logs at once.

    cluster.py [ROUNDS] [ISSUES] [SEED]        (CI: 3 100; by command: ops/fault --cluster)
"""
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from plant import (
    CONSUMERS,
    RECOVERY_SECONDS,
    TAKEOVER_SECONDS,
    Plant,
    check_all,
    check_record_topics,
    documents_with_corrections,
    seeded,
    undisturbed,
)
from ytterby_test import (
    SECTION_TOPICS,
    YTTERBY,
    Broker,
    Cluster,
    Folder,
    Postgres,
    expect,
    expect_same,
    export_all,
    read_topics,
    run,
    synthesize,
)

rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
issues = int(sys.argv[2]) if len(sys.argv) > 2 else 100
plan = seeded(sys.argv[3] if len(sys.argv) > 3 else None, f"cluster.py {rounds} {issues}")
LOCK_SECONDS = 20
FLOOD = 200  # documents of 66 KB: 13 MB; a consumer's queue holds 4 MB
SECTIONS = 16  # in each
MEMORY_MB = 200
BACKLOG_MB, GROWTH_MB = 80, 50  # the library's own queue would hold 64


def broker_goes_and_comes_back(plant, cluster, number):
    """Work goes on while a broker is away. Returns the seconds until the cluster noticed that it was killed, the
    seconds from then until a document in flight was stored, and the seconds that the first document took after it came
    back.

    In every other round the groups are still rebalancing because a member left. The broker records that departure only
    when the rebalance is done: if it dies before, its successor waits for the member as for a killed one, until its
    session ends."""
    broker = cluster.brokers[number % 3]
    plant.count_fault("broker of three killed")
    plant.pass_through()
    settled = number % 2 == 0
    if settled:
        plant.await_groups()
    begin = time.monotonic()
    broker.stop("--kill")
    on_its_way = plant.offer()
    expect(on_its_way is not None, "no document is left")
    while not cluster.is_led_without(broker):
        expect(time.monotonic() < begin + 60, "the other brokers do not take over")
    led = time.monotonic()
    plant.await_stored([on_its_way])
    stored = time.monotonic()
    limit = RECOVERY_SECONDS if settled else TAKEOVER_SECONDS
    expect(
        stored - led <= limit,
        f"{stored - led:.1f} s until a document was stored after the other brokers had taken over, more than {limit} s",
    )
    for _ in range(plan.randrange(3)):
        plant.offer()
    broker.start()
    back = plant.pass_through()
    deadline = time.monotonic() + 60
    while not cluster.is_whole():
        expect(time.monotonic() < deadline, "the broker does not catch up")
    return led - begin, stored - led, back


def one_is_refused(plant):
    """A table of one consumer is missing: the others go on in the same processes, and it does too once the table is
    back."""
    plant.count_fault("table missing")
    manifests = lambda name: plant.sql(f"SELECT count(*) FROM {name}_manifest")
    before = {name: manifests(name) for name in CONSUMERS if name != "prices"}
    plant.sql("ALTER TABLE prices_row RENAME TO prices_row_away")
    rows = plant.sql("SELECT count(*) FROM prices_row_away")
    expect(plant.offer() is not None, "no document is left")
    deadline = time.monotonic() + 60
    while any(manifests(name) == before[name] for name in before):
        expect(time.monotonic() < deadline, "the other consumers wait for the one that is refused")
    while not any(
        "prices: blocked until this is fixed" in log.read_text() for log in plant.folder.glob("member *.log")
    ):
        expect(time.monotonic() < deadline, "no log says that a consumer is refused")
    plant.expect_alive()
    expect(
        plant.sql("SELECT count(*) FROM prices_row_away") == rows, "rows were stored although the store refuses them"
    )
    plant.sql("ALTER TABLE prices_row_away RENAME TO prices_row")
    while plant.sql("SELECT count(*) FROM prices_row") == rows:
        expect(time.monotonic() < deadline, "the consumer that was refused does not go on")


def backlog(address):
    """Appends a section that is already on the log many times, uncompressed and to one partition."""
    from confluent_kafka import Producer

    topic = "bulletin.sections.market"
    key, headers, value = next(
        message for message in read_topics(address, topic, described=False)[topic] if "ce_id" in message[1]
    )
    producer = Producer({"bootstrap.servers": address, "enable.idempotence": True})
    for _ in range(BACKLOG_MB * 1_000_000 // len(value)):
        while True:
            try:
                producer.produce(topic, value=value, key=key, headers=headers)
                break
            except BufferError:
                producer.poll(0.1)
    expect(producer.flush(60) == 0, "not everything was sent")


def locked_for_long(plant, flood):
    """While one consumer's tables are locked, the others store a whole flood; then it catches up. In one of its
    partitions much more waits than a queue holds, and no process grows because of it."""
    documents = len(flood)
    plant.count_fault(f"tables locked for {LOCK_SECONDS} s")
    lock = plant.lock("prices_section")
    before_mb = plant.peak_mb()
    begin = time.monotonic()
    manifests = lambda name: plant.sql(f"SELECT count(*) FROM {name}_manifest")
    before = {name: manifests(name) for name in CONSUMERS}
    plant.waiting.extend(flood)
    for number in range(documents):
        plant.offer()
        if number % (1000 // SECTIONS) == 0:
            plant.poison(f"poison {number}")
    backlog(plant.address)
    while any(manifests(name) < before[name] + documents for name in CONSUMERS if name != "prices"):
        expect(time.monotonic() < begin + 120, "the other consumers wait for the lock")
    others = time.monotonic() - begin
    time.sleep(max(0, begin + LOCK_SECONDS - time.monotonic()))
    expect(manifests("prices") < before["prices"] + documents, "the lock delayed nothing")
    grown = plant.peak_mb() - before_mb
    expect(
        grown < GROWTH_MB,
        f"a process grew by {grown:.0f} MB while a consumer was blocked with {BACKLOG_MB} MB waiting for it",
    )
    plant.release(lock)
    begin = time.monotonic()
    while manifests("prices") < before["prices"] + documents:
        expect(time.monotonic() < begin + 60, "the locked consumer does not catch up")
    return others, time.monotonic() - begin


def messages_left(data, sent):
    """How many messages the consumers have yet to store, by their offsets; None while there is no store."""
    try:
        store = sqlite3.connect(f"file:{data}/store.db?mode=ro", uri=True)
        stored = dict(store.execute("SELECT consumer, sum(next_offset) FROM offsets GROUP BY consumer").fetchall())
        topics = {
            name: {topic for topic, in store.execute("SELECT DISTINCT topic FROM offsets WHERE consumer = ?", (name,))}
            for name in CONSUMERS
        }
        store.close()
    except sqlite3.OperationalError:
        return None
    if len(stored) < len(CONSUMERS) or topics["articles"] != {topic for topic, *_ in sent}:
        return None
    return sum(sum(topic in topics[name] for topic, *_ in sent) - stored[name] for name in CONSUMERS)


def dirty_issues(data):
    store = sqlite3.connect(f"file:{data}/store.db?mode=ro", uri=True)
    try:
        return sum(store.execute(f"SELECT count(*) FROM {name}_dirty").fetchone()[0] for name in CONSUMERS)
    finally:
        store.close()


def settings_of(address, topic):
    """The topic's settings on the broker."""
    from confluent_kafka.admin import AdminClient, ConfigResource

    asked = ConfigResource(ConfigResource.Type.TOPIC, topic)
    admin = AdminClient({"bootstrap.servers": address})
    (answer,) = admin.describe_configs([asked]).values()
    return {name: entry.value for name, entry in answer.result(60).items()}


def two_at_once(folder, server, logs, calm):
    """Two processes read two logs with the same messages in different order into one store: they store sections of the
    same issues at the same time. `logs`: for each broker, the sum of the end positions."""
    database = server.url.rsplit("/", 1)[0] + "/twofold"
    subprocess.run(
        ["psql", "-q", server.url, "-c", "CREATE DATABASE twofold ENCODING 'UTF8' TEMPLATE template0"], check=True
    )
    run("store", "migrate", "--store", database)
    (folder / "both.yaml").write_text("record_topics: off\n")
    processes = [
        subprocess.Popen(
            [
                YTTERBY,
                "consume",
                "--config",
                folder / "both.yaml",
                "--data-dir",
                folder / f"both-{number}",
                "--brokers",
                address,
                "--store",
                database,
                "--http",
                "none",
            ],
            stderr=subprocess.DEVNULL,
        )
        for number, address in enumerate(logs)
    ]

    def read():
        query = (
            "SELECT coalesce(array_agg(n ORDER BY n), '{}') "
            "FROM (SELECT sum(next_offset) n FROM offsets GROUP BY log_id) o"
        )
        return subprocess.run(
            ["psql", "-qAt", database, "-c", query], capture_output=True, text=True, timeout=60, check=True
        ).stdout.strip()

    try:
        deadline = time.monotonic() + 120
        end = "{" + ",".join(map(str, sorted(logs.values()))) + "}"
        while (now := read()) != end:
            expect(
                time.monotonic() < deadline and all(process.poll() is None for process in processes),
                f"two processes with one store are at {now}, not {end}",
            )
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=60)
    expect_same(
        calm,
        export_all(folder / "both-0", folder / "both-out", "--store", database),
        "after two members stored the same issues",
    )


def again_out_of_order(folder, server, address, calm):
    """Everything on the topics is sent to another log, shuffled and every third message twice, and gives the same
    exports from another store; then both logs are read into one store, with the same result."""
    from confluent_kafka import Producer

    messages = [
        (topic, *message)
        for topic, some in read_topics(address, "bulletin.documents", *SECTION_TOPICS, described=False).items()
        for message in some
    ]
    messages = list(
        {message[2]["ce_id"]: message for message in messages if "ce_id" in message[2]}.values()
    )  # each once, without poison
    sent = messages + messages[::3]
    plan.shuffle(sent)
    with Broker(folder) as other:
        run("topics", "apply", "--brokers", other)
        producer = Producer({"bootstrap.servers": other, "enable.idempotence": True})
        for topic, key, headers, value in sent:
            producer.produce(topic, value=value, key=key, headers=headers)
            producer.poll(0)
        expect(producer.flush(60) == 0, "not everything was sent")
        # A consumer is done when its offsets have passed everything on its topics; it has nothing but these messages.
        data = folder / "reordered"
        process = subprocess.Popen(
            [YTTERBY, "consume", "--data-dir", data, "--brokers", other, "--http", "none"], stderr=subprocess.DEVNULL
        )
        try:
            deadline = time.monotonic() + 120
            while (left := messages_left(data, sent)) != 0:
                expect(time.monotonic() < deadline and process.poll() is None, f"{left} messages are not stored")
                time.sleep(0.05)
            while dirty_issues(data):
                expect(time.monotonic() < deadline and process.poll() is None, "not everything is published")
                time.sleep(0.05)
        finally:
            process.terminate()
            process.wait(timeout=60)
        check_record_topics(other, "--data-dir", data)
        expect_same(calm, export_all(data, folder / "reordered-out"), "after messages out of order")
        store = sqlite3.connect(f"file:{data}/store.db?mode=ro", uri=True)
        there = sum(offset for offset, in store.execute("SELECT next_offset FROM offsets"))
        store.close()
        here = subprocess.run(
            ["psql", "-qAt", server.url, "-c", "SELECT sum(next_offset) FROM offsets"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        two_at_once(folder, server, {address: int(here.stdout), other: there}, calm)
    return len(sent)


with Folder() as folder:
    waiting = documents_with_corrections(folder, issues, plan)
    flood = [
        path.rename(folder / "documents" / f"flood-{path.name}")
        for path in synthesize(folder / "flood", FLOOD, 66000, 11).iterdir()
    ]
    total = len(waiting) + FLOOD
    counts, calm = undisturbed(folder, folder / "documents")
    topics = "{partitions: 3, replication: 3, min_insync_replicas: 2}"
    with Postgres(folder) as server, Cluster(folder) as cluster:
        (folder / "topics.yaml").write_text(f"brokers: {cluster.address}\ntopics: {topics}\n")
        run("topics", "apply", "--config", folder / "topics.yaml")
        for topic in ("bulletin.documents", "bulletin.prices"):
            expect(
                settings_of(cluster.address, topic)["min.insync.replicas"] == "2",
                f"{topic}: {settings_of(cluster.address, topic)}",
            )
        run("store", "migrate", "--store", server.url)
        with Plant(folder, cluster.address, server, waiting, topics) as plant:
            plant.start_all()
            noticed, failovers = [], []
            for number in range(rounds):
                plant.member_comes_and_goes(plan.uniform(1, 3))
                without_leader, failover, back = broker_goes_and_comes_back(plant, cluster, number)
                noticed.append(without_leader)
                failovers.append(failover)
                plant.note_recovery("broker back", back)
                plant.expect_alive()
            one_is_refused(plant)
            others, caught_up = locked_for_long(plant, flood)
            while waiting:
                plant.offer()
            peak = plant.peak_mb()
            check_all(plant, folder, counts, calm, total)
            print(
                f"failover   median {statistics.median(failovers):.2f} s, worst {max(failovers):.2f} s, "
                f"of {len(failovers)}, after the cluster had noticed that a broker was killed "
                f"(median {statistics.median(noticed):.2f} s, worst {max(noticed):.2f} s)"
            )
            print(
                f"lock       the other consumers went on and were done after {others:.1f} s; "
                f"the locked one {caught_up:.2f} s after the lock was released"
            )
            print(f"memory     at most {peak:.0f} MB per process")
            expect(peak <= MEMORY_MB, f"a process took {peak:.0f} MB")
            expect(max(plant.recoveries)[0] <= RECOVERY_SECONDS, f"a recovery took more than {RECOVERY_SECONDS} s")
            plant.stop_all()
        sent = again_out_of_order(folder, server, cluster.address, calm)
        print(
            f"again      {sent} messages out of order, every third of them twice, to another log and store, "
            "and from both logs into one store: the same bytes"
        )
