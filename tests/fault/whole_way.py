#!/usr/bin/env python3
"""The whole pipeline on a real broker and a real PostgreSQL while a seeded plan breaks everything, each fault at least
once: producer and consumers killed, lost, overtaken, paused past their session, members coming and going, the broker
killed and paused, the server killed and paused, connections cut, tables locked, poison appended. Only kills of the program itself
are counted. Afterwards every section and record is there once, the exports are those of an undisturbed run on the
embedded log and SQLite, and the compacted record topics are the current view. Then the publishing process is paused
past its lease, a topic is deleted with its log, and the store is lost.

    whole_way.py [KILLS] [ISSUES] [SEED]        (short plan: 40 240; long plan: 500 1500)
"""
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from plant import (
    CONSUMERS,
    LEASE_SECONDS,
    MEMBERS,
    RECORD_TOPICS,
    SESSION_SECONDS,
    TAKEOVER_SECONDS,
    Plant,
    await_published,
    check_all,
    check_record_topics,
    counts_of,
    documents_with_corrections,
    seeded,
    undisturbed,
)
from ytterby_test import SLACK, YTTERBY, Broker, Folder, Postgres, expect, expect_same, export_all, read_topics, run

kills = int(sys.argv[1]) if len(sys.argv) > 1 else 40
issues = int(sys.argv[2]) if len(sys.argv) > 2 else 240
plan = seeded(sys.argv[3] if len(sys.argv) > 3 else None, f"whole_way.py {kills} {issues}")


DOCUMENTS_FOR_ALL = 18  # of almost as many issues: they reach all three partitions, except once in a thousand times
FAULTS = {
    "process": 90,
    "broker": 5,
    "broker pause": 3,
    "postgres": 6,
    "postgres pause": 3,
    "pause": 2,
    "cut": 5,
    "lock": 3,
    "poison": 4,
    "rebalance": 4,
}


def step(fault):
    """Causes one fault of the plan; returns how many processes of the program it killed."""
    if fault == "process":
        name = plan.choice(sorted(plant.processes))
        plant.count_fault("producer killed" if name == "producer" else "consumer killed")
        if plant.offer() is None:
            sys.exit("FAILED: no document is left for a kill to interrupt; use more issues")
        time.sleep(plan.uniform(0, 0.08))  # a document takes about 30 ms from the folder to the rows
        plant.kill(name)
        return 1
    if fault == "broker":
        plant.outage("broker killed", lambda: broker.stop("--kill"), broker.start)
    elif fault == "broker pause":
        plant.outage("broker paused", lambda: broker.pause(SESSION_SECONDS + 2), lambda: None)
    elif fault == "postgres":
        plant.outage("PostgreSQL killed", lambda: plant.server.stop("--kill"), plant.server.start)
    elif fault == "postgres pause":
        plant.outage("PostgreSQL paused", lambda: plant.server.pause(SESSION_SECONDS + 2), lambda: None)
    elif fault == "pause":
        plant.count_fault("consumer paused past its session")
        process = plant.processes[f"member {plan.randrange(MEMBERS)}"]
        process.send_signal(signal.SIGSTOP)
        plant.offer()  # goes to the members that have its partitions by now
        time.sleep(SESSION_SECONDS + 2)
        process.send_signal(signal.SIGCONT)
    elif fault == "cut":
        plant.count_fault("connections cut")
        plant.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'ytterby'")
    elif fault == "lock":
        plant.count_fault("tables locked")
        plant.sql(
            "BEGIN; LOCK TABLE prices_section, articles_section IN ACCESS EXCLUSIVE MODE; "
            "SELECT count(*) FROM pg_sleep(2); COMMIT"
        )
    elif fault == "rebalance":
        plant.member_comes_and_goes(plan.uniform(1, 3))
    else:
        plant.poison(f"poison {plan.random()}")
    return 0


def member_lost(plant):
    """A killed member that comes back at once gets its place back. If it stays away, the others get its partitions
    within its session time plus 2 s, unless the group was just rebalancing; every partition receives documents here."""
    plant.pass_through()
    plant.kill("member 0")
    back = plant.pass_through(3)
    expect(back < SESSION_SECONDS / 2 * SLACK, f"it took {back:.1f} s after a member came back under its name")
    plant.await_groups()
    plant.processes["member 0"].kill()
    plant.processes["member 0"].wait()
    taken_over = plant.pass_through(DOCUMENTS_FOR_ALL)
    plant.start("member 0")
    plant.count_fault("member lost")
    print(
        f"member     back under its name {back:.2f} s, its partitions with the others {taken_over:.2f} s "
        f"(session {SESSION_SECONDS} s)",
        flush=True,
    )
    expect(
        taken_over <= TAKEOVER_SECONDS,
        f"the partitions of a killed member went to others only after {taken_over:.1f} s",
    )
    expect(taken_over > SESSION_SECONDS / 2, "the killed member had no partition")


def overtaken(plant):
    """A member is paused while its write waits for a lock, and wakes when another has stored the same: it logs that,
    discards its work, and continues reading from the stored position."""
    lock = plant.lock("prices_section")
    for _ in range(DOCUMENTS_FOR_ALL):
        plant.offer()
    deadline = time.monotonic() + 60
    query = (
        "SELECT coalesce(max(client_port), 0) FROM pg_stat_activity "
        "WHERE application_name = 'ytterby' AND wait_event_type = 'Lock'"
    )
    while not (port := plant.sql(query)):
        expect(time.monotonic() < deadline, "no process waits for the lock")
    name = plant.owner_of(port)
    member = plant.processes[name]
    member.send_signal(signal.SIGSTOP)
    time.sleep(SESSION_SECONDS + 2)
    plant.release(lock)
    # The others have stored everything once they have stored what now arrives on all partitions.
    plant.pass_through(DOCUMENTS_FOR_ALL)
    member.send_signal(signal.SIGCONT)
    while "another member stored first" not in (plant.folder / f"{name}.log").read_text():
        expect(time.monotonic() < deadline + 60, "the overtaken member does not log that it was overtaken")
    plant.count_fault("member overtaken")


def unsettled(plant):
    """Causes rebalances every few seconds while documents are in flight, with a member killed in between."""
    for index in range(MEMBERS):
        plant.member_comes_and_goes(1)
        plant.kill(f"member {index}")


def holder_killed(plant):
    """The publishing process is killed while there is something to publish, and another takes over."""
    term = plant.sql("SELECT term FROM relay")
    deadline = time.monotonic() + 60
    while plant.sql("SELECT term FROM relay") == term:
        expect(time.monotonic() < deadline, "no member takes over from a killed lease holder")
        holder = holder_of_the_relay(plant)
        name = next((name for name, process in plant.processes.items() if process is holder), None)
        if not name:
            continue
        plant.processes[name].kill()
        plant.processes[name].wait()
        plant.offer()
        wait = time.monotonic() + LEASE_SECONDS + 2
        while plant.sql("SELECT term FROM relay") == term and time.monotonic() < wait:
            time.sleep(0.1)
        plant.start(name)
    plant.count_fault("publisher killed")


def holder_of_the_relay(plant):
    """The process that holds the relay's lease; None if it is none of these (a guest, or one that was just killed)."""
    pid = plant.sql("SELECT split_part(holder, ' ', 3) FROM relay")
    return next((process for process in plant.processes.values() if process.pid == pid), None)


def sleeping_relay(plant, broker):
    """The publishing process is paused past its lease in the middle of a batch that it has noted and sent but got no
    answer for, and woken when another has taken over and published what came later."""
    term = plant.sql("SELECT term FROM relay")
    began = time.monotonic()
    deadline = began + 60
    process = None
    while process is None:
        expect(plant.offer() is not None and time.monotonic() < deadline, "no batch of the relay was caught")
        # On a busy machine the document may have been published between two queries: then another one is offered.
        tries = time.monotonic() + 3
        dirty = " + ".join(f"(SELECT count(*) FROM {name}_dirty)" for name in CONSUMERS)
        while (nothing := plant.sql(f"SELECT {dirty}") == 0) and time.monotonic() < tries:
            pass
        if nothing:
            continue
        with broker.standing_still():
            tries = time.monotonic() + 2
            while plant.sql("SELECT count(*) FROM relay WHERE noted <> ''") == 0 and time.monotonic() < tries:
                pass
            if plant.sql("SELECT count(*) FROM relay WHERE noted <> ''") == 1:
                process = holder_of_the_relay(plant)
                if process:
                    process.send_signal(signal.SIGSTOP)
    paused = time.monotonic()
    deadline = paused + 60  # its own: on a slow machine most of the first goes into catching a batch
    try:
        plant.offer()
        while plant.sql("SELECT term FROM relay") == term:
            expect(
                time.monotonic() < deadline,
                "no member takes over from a holder that is paused in the middle of a batch",
            )
        print(
            f"publisher  paused after {paused - began:.1f} s of trying, replaced "
            f"{time.monotonic() - paused:.1f} s later (lease {LEASE_SECONDS} s)",
            flush=True,
        )
        await_published(plant)
    finally:
        process.send_signal(signal.SIGCONT)
    plant.count_fault("publisher woken in the middle of a batch")


def topic_recreated(plant, folder, calm, counts):
    """A topic deleted with its log is recreated and one command fills it from the archive: the consumers detect the new
    log and read it from its beginning, and nothing is duplicated."""
    from confluent_kafka.admin import AdminClient

    topic = "bulletin.sections.market"
    admin = AdminClient({"bootstrap.servers": plant.address})
    for future in admin.delete_topics([topic], operation_timeout=30).values():
        future.result(60)
    deadline = time.monotonic() + 180
    while topic in admin.list_topics(timeout=30).topics:
        expect(time.monotonic() < deadline, "the topic is not deleted")
    flags = ["--data-dir", folder / "data", "--brokers", plant.address]
    run("topics", "apply", *flags)
    run("produce", "--refill", topic, *flags)
    # The new log has as many messages as the old one: consumers recognise it by what it lost, not by its length.
    while not any("is not the stored one" in (folder / f"member {i}.log").read_text() for i in range(MEMBERS)):
        expect(time.monotonic() < deadline, "no log says that the topic was recreated")
    messages = sum(admin_offsets(plant.address, topic))
    # Each consumer of the topic, not only the fastest: until it notices, its offsets are those of the former log.
    elsewhere = (
        "SELECT count(*) FROM (SELECT sum(next_offset) AS next FROM offsets "
        f"WHERE topic = '{topic}' GROUP BY consumer) AS one WHERE next <> {messages}"
    )
    while plant.sql(elsewhere) > 0:
        expect(time.monotonic() < deadline, f"the refilled topic is not read to its end ({messages} messages)")
    plant.expect_alive()
    now = counts_of(plant.sql)
    expect(now == counts, f"after the refill the counts are {now}, not {counts}")
    expect_same(
        calm,
        export_all(folder / "data", folder / "refilled-out", "--store", plant.server.url),
        "after a topic was deleted and refilled",
    )
    await_published(plant)
    check_record_topics(plant.address, "--data-dir", folder / "data", "--store", plant.server.url)


def admin_offsets(address, topic):
    """The end offset of each partition."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": address, "group.id": "tests"})
    try:
        partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        return [
            consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)[1] for partition in partitions
        ]
    finally:
        consumer.close()


def store_rebuilt(plant, folder, calm):
    """The store is lost: a new one is filled from the log alone and publishes nothing, because nothing changed."""
    before = sum(map(len, read_topics(plant.address, *(f"bulletin.{topic}" for topic in RECORD_TOPICS)).values()))
    plant.sql("CREATE DATABASE rebuilt ENCODING 'UTF8' TEMPLATE template0")
    url = plant.server.url.rsplit("/", 1)[0] + "/rebuilt"
    process = subprocess.Popen(
        [
            YTTERBY,
            "consume",
            "--data-dir",
            folder / "elsewhere",
            "--brokers",
            plant.address,
            "--store",
            url,
            "--http",
            "none",
        ],
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        expected = plant.sql("SELECT sum(next_offset) FROM offsets")
        while True:
            done = subprocess.run(
                ["psql", "-qAt", url, "-c", "SELECT coalesce(sum(next_offset), 0) FROM offsets"],
                capture_output=True,
                text=True,
                timeout=60,
            )
            if done.returncode == 0 and int(done.stdout) == expected:
                break
            expect(time.monotonic() < deadline, f"the store is not rebuilt: {done.stdout} of {expected}")
        # A rebuilt store has another id, so it publishes only after it has adopted the topics. Its relay has compared
        # everything once it has noted the log id.
        run("topics", "adopt", "--data-dir", folder / "elsewhere", "--brokers", plant.address, "--store", url)
        while (
            subprocess.run(
                ["psql", "-qAt", url, "-c", "SELECT log_id <> '' FROM relay"],
                capture_output=True,
                text=True,
                timeout=60,
            ).stdout.strip()
            != "t"
        ):
            expect(time.monotonic() < deadline, "the rebuilt store is never compared with the record topics")
    finally:
        process.terminate()
        process.wait(timeout=60)
    expect_same(
        calm, export_all(folder / "elsewhere", folder / "rebuilt-out", "--store", url), "a store rebuilt from the log"
    )
    after = sum(map(len, read_topics(plant.address, *(f"bulletin.{topic}" for topic in RECORD_TOPICS)).values()))
    expect(after == before, f"a rebuilt store published {after - before} events")


with Folder() as folder:
    waiting = documents_with_corrections(folder, issues, plan)
    total = len(waiting)
    counts, calm = undisturbed(folder, folder / "documents")

    with Postgres(folder) as server:
        broker = Broker(folder)
        with broker as address:
            run("topics", "apply", "--brokers", address)
            run("store", "migrate", "--store", server.url)
            with Plant(folder, address, server, waiting) as plant:
                plant.start_all()
                member_lost(plant)
                overtaken(plant)
                unsettled(plant)
                killed = 0
                each_once = list(FAULTS)
                plan.shuffle(each_once)
                while killed < kills or each_once:
                    if plan.random() < 0.2:
                        plant.offer()
                    killed += step(each_once.pop() if each_once else plan.choices(list(FAULTS), FAULTS.values())[0])
                    time.sleep(plan.uniform(0, 0.6))
                    plant.expect_alive()
                holder_killed(plant)
                sleeping_relay(plant, broker)
                while waiting:
                    plant.offer()
                again = check_all(plant, folder, counts, calm, total)
                expect(again > 0 or kills < 500, "no kill hit a producer between its appends and its record of them")
                topic_recreated(plant, folder, calm, counts)
                store_rebuilt(plant, folder, calm)
                plant.stop_all()
                print(
                    "afterwards a relay woken behind another, a topic deleted and filled again, and a store rebuilt "
                    "from the log: the same bytes"
                )
