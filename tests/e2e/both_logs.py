#!/usr/bin/env python3
"""The same documents through the embedded log and through a real Kafka broker: the same assertions and the same
exported bytes, also when other processes consume, and after a second ingest that finds everything unchanged."""
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import SOURCE, YTTERBY, Broker, Folder, expect, expect_same, export_all, run, synthesize


def inputs(folder):
    synthesize(folder / "in", 6, 16000)
    return [folder / "in", *sorted(p for p in (SOURCE / "ops" / "samples").iterdir() if p.name != "README.md")]


def through(log, folder, paths, flags):
    """Ingests twice with one log; returns the export."""
    data = folder / log
    out, _ = run("ingest", *paths, "--data-dir", data, *flags)
    expect("documents: 9 new, 0 unchanged, 0 rejected" in out, f"{log}: {out}")
    first = export_all(data, folder / f"{log}-out")
    expect(
        first["prices.ndjson"].count(b"\n") > 300 and first["sections.ndjson"].count(b"\n") == 6 * 16 + 53,
        f"{log}: records are missing",
    )
    out, _ = run("ingest", *paths, "--data-dir", data, *flags)
    expect("documents: 0 new, 9 unchanged, 0 rejected" in out and "records:   0 new" in out, f"{log}, again: {out}")
    expect_same(first, export_all(data, folder / f"{log}-again"), f"{log}: after a second ingest")
    out, _ = run("status", "--data-dir", data, *flags)
    expect("9 deliveries" in out, f"{log}: {out}")
    for line in out.splitlines():
        if line.split() and line.split()[0] in ("prices", "patents", "policies", "articles"):
            expect(line.split()[6] == "0", f"{log}: there is lag left: {line}")
    return first


def consume_elsewhere(folder, flags, data):
    """Another process stores; `ingest` only waits for it."""
    process = subprocess.Popen(
        [YTTERBY, "consume", "--data-dir", data, *flags, "--config", folder / "quiet.yaml"],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for line in process.stderr:
            if "working:" in line:
                break
        out, _ = run("ingest", folder / "in", "--data-dir", data, *flags)
        expect("documents: 6 new" in out, out)
    finally:
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        expect(process.wait(timeout=60) == 0, "consume did not stop cleanly")
    return export_all(data, folder / f"{Path(data).name}-out")


def expect_told(address, path):
    """Expects that Kafka knows the positions in the store, for tools that show lag."""
    from confluent_kafka import Consumer, TopicPartition

    store = sqlite3.connect(path)
    ((name,),) = store.execute("SELECT value FROM meta WHERE key = 'store_id'")
    for consumer in ("prices", "patents", "policies", "articles"):
        stored = store.execute(
            "SELECT topic, partition, next_offset FROM offsets WHERE consumer = ?", (consumer,)
        ).fetchall()
        client = Consumer({"bootstrap.servers": address, "group.id": f"ytterby.{consumer}.{name}"})
        told = client.committed([TopicPartition(topic, partition) for topic, partition, _ in stored], timeout=60)
        client.close()
        expect(
            len(stored) > 3 and [one.offset for one in told] == [offset for *_, offset in stored],
            f"{consumer}: {stored}, but Kafka has {told}",
        )
    store.close()


def copied_folder(folder, flags):
    """A copy would share the first one's groups, and each would get half: it is refused until a person decides."""
    shutil.copytree(folder / "kafka", folder / "copy")
    command = ("ingest", folder / "in", "--data-dir", folder / "copy", *flags)
    _, err = run(*command, code=78)
    expect(f"{folder}/kafka/store.db" in err and "ytterby store adopt --copy" in err, err)
    _, err = run("consume", "--data-dir", folder / "copy", *flags, "--http", "none", code=78)
    expect("ytterby store adopt" in err, err)
    run("export", "prices", "--data-dir", folder / "copy", *flags)  # reading harms nobody
    run("status", "--data-dir", folder / "copy", *flags)
    out, _ = run("store", "adopt", "--copy", "--data-dir", folder / "copy")
    expect("id " in out and "(new)" in out, out)
    run(*command)
    # A folder that was moved follows by itself.
    (folder / "copy").rename(folder / "moved")
    run("ingest", folder / "in", "--data-dir", folder / "moved", *flags)


with Folder() as folder:
    (folder / "quiet.yaml").write_text("http:\n  listen: ''\n")
    paths = inputs(folder)
    embedded = through("embedded", folder, paths, [])
    elsewhere = consume_elsewhere(folder, [], folder / "elsewhere")
    with Broker(folder) as address:
        kafka_flags = ["--brokers", address]
        run("ingest", folder / "in", "--data-dir", folder / "early", *kafka_flags, code=78)  # no topics yet
        run("topics", "apply", *kafka_flags)
        kafka = through("kafka", folder, paths, kafka_flags)
        expect_same(embedded, kafka, "Kafka and the embedded log")
        expect_told(address, folder / "kafka" / "store.db")
        copied_folder(folder, kafka_flags)
        # Another store on the same log sees every section.
        process = subprocess.Popen(
            [YTTERBY, "consume", "--data-dir", folder / "kafka2", *kafka_flags, "--config", folder / "quiet.yaml"],
            stderr=subprocess.DEVNULL,
        )
        try:
            run(
                "ingest",
                *paths,
                "--data-dir",
                folder / "kafka",
                "--store",
                f"sqlite:{folder}/kafka2/store.db",
                *kafka_flags,
            )
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
        expect_same(embedded, export_all(folder / "kafka2", folder / "kafka2-out"), "a second store on the same Kafka")
    only_synthetic = {
        name: b"".join(line for line in data.splitlines(True) if b'"issue":"190' in line)
        for name, data in embedded.items()
    }
    expect_same({k: v for k, v in only_synthetic.items()}, elsewhere, "consumers in another process")
    print("embedded log, Kafka, other processes: the same bytes")
