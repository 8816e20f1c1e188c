#!/usr/bin/env python3
"""Topics as configuration on a real broker: `plan` shows, `apply` makes changes, a topic that may lose records is
refused, `run` serves its health."""
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import SOURCE, YTTERBY, Broker, Folder, expect, http_get, run, until


def settings_of(address, *topics):
    """For each topic, its settings on the broker by name, and its number of partitions."""
    client = AdminClient({"bootstrap.servers": address})
    answers = client.describe_configs([ConfigResource("topic", topic) for topic in topics])
    settings = {
        resource.name: {name: entry.value for name, entry in future.result(60).items()}
        for resource, future in answers.items()
    }
    partitions = client.list_topics(timeout=60).topics
    return {topic: settings[topic] | {"partitions": len(partitions[topic].partitions)} for topic in topics}


def alter(address, topic, settings):
    """Alters a topic as an operator might by mistake."""
    client = AdminClient({"bootstrap.servers": address})
    for future in client.alter_configs([ConfigResource("topic", topic, set_config=settings)]).values():
        future.result(60)


with Folder() as folder:
    run("topics", "plan", "--brokers", "127.0.0.1:1", "--timeout", "1", code=69)
    with Broker(folder) as address:
        out, _ = run("topics", "plan", "--brokers", address)
        expect("bulletin.documents: create with 3 partitions" in out and out.count("create with") == 28, out)
        run("topics", "apply", "--brokers", address)
        out, _ = run("topics", "plan", "--brokers", address)
        expect("all 28 topics are as configured" in out, out)
        (folder / "fewer.yaml").write_text("topics:\n  partitions: 1\n")
        _, err = run("topics", "apply", "--brokers", address, "--config", folder / "fewer.yaml", code=78)
        expect("cannot lose partitions" in err, err)
        (folder / "more.yaml").write_text("topics:\n  partitions: 4\n")
        out, _ = run("topics", "plan", "--brokers", address, "--config", folder / "more.yaml")
        expect(
            "bulletin.sections.market: partitions 3 -> 4\n" in out
            and settings_of(address, "bulletin.documents")["bulletin.documents"]["partitions"] == 3,
            out,
        )
        out, _ = run("topics", "plan", "--brokers", address, "--config", folder / "fewer.yaml", code=78)
        expect("bulletin.sections.market: partitions 3 -> 1 (impossible: a topic cannot shrink)\n" in out, out)
        run("topics", "apply", "--brokers", address, "--config", folder / "more.yaml")
        made = settings_of(
            address, "bulletin.documents", "bulletin.sections.market", "bulletin.sections.market.dlq", "bulletin.prices"
        )
        expect(all(made[name]["partitions"] == 4 for name in ("bulletin.documents", "bulletin.sections.market")), made)
        for name, topic in made.items():
            policy = "compact" if name == "bulletin.prices" else "delete"
            expect(
                topic["cleanup.policy"] == policy and (policy == "compact" or topic["retention.ms"] == "-1"),
                f"{name}: {topic}",
            )
        # A record topic that deletes old records instead of keeping the last of each key.
        alter(address, "bulletin.prices", {"cleanup.policy": "delete"})
        _, err = run(
            "ingest",
            SOURCE / "ops" / "samples" / "2024-06-ocr-plain.txt",
            "--data-dir",
            folder / "d",
            "--brokers",
            address,
            code=78,
        )
        expect("bulletin.prices is not compacted: cleanup.policy is delete" in err, err)
        out, _ = run("topics", "plan", "--brokers", address, "--config", folder / "more.yaml")
        expect(
            "bulletin.prices: cleanup.policy delete -> compact\n" in out and "2 changes;" in out, out
        )  # `alter` resets what it is not given
        run("topics", "apply", "--brokers", address, "--config", folder / "more.yaml")
        expect(
            settings_of(address, "bulletin.prices")["bulletin.prices"]["cleanup.policy"] == "compact",
            "apply did not repair cleanup.policy",
        )

        # Only Kafka's own tools change the number of replicas; min.insync.replicas, which acknowledgements rely on, is
        # altered by `apply`.
        (folder / "replicas.yaml").write_text("topics:\n  partitions: 4\n  replication: 2\n  min_insync_replicas: 1\n")
        out, _ = run("topics", "plan", "--brokers", address, "--config", folder / "replicas.yaml")
        expect("bulletin.documents" in out and "replication" in out and "Kafka's own tools" in out, out)
        alter(
            address,
            "bulletin.documents",
            {"min.insync.replicas": "2", "retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"},
        )
        run("topics", "apply", "--brokers", address, "--config", folder / "more.yaml")
        expect(
            settings_of(address, "bulletin.documents")["bulletin.documents"]["min.insync.replicas"] == "1",
            "apply did not alter min.insync.replicas",
        )

        # One topic with more partitions than the others: sections of one issue would go to different members.
        client = AdminClient({"bootstrap.servers": address})
        for future in client.create_partitions([NewPartitions("bulletin.sections.abstracts", 7)]).values():
            future.result(60)
        _, err = run(
            "ingest",
            SOURCE / "ops" / "samples" / "2024-06-ocr-plain.txt",
            "--data-dir",
            folder / "d",
            "--brokers",
            address,
            code=78,
        )
        expect("have different partition counts" in err and "7" in err, err)
        (folder / "more.yaml").write_text("topics:\n  partitions: 7\n")
        run("topics", "apply", "--brokers", address, "--config", folder / "more.yaml")

        # A topic that may lose records.
        alter(
            address,
            "bulletin.sections.market",
            {
                "retention.ms": "1000",
                "message.timestamp.type": "LogAppendTime",
                "retention.bytes": "-1",
                "cleanup.policy": "delete",
            },
        )
        sample = SOURCE / "ops" / "samples" / "2024-06-ocr-plain.txt"
        _, err = run("ingest", sample, "--data-dir", folder / "d", "--brokers", address, code=78)
        expect("bulletin.sections.market may lose records: retention.ms is 1000" in err, err)
        run("topics", "apply", "--brokers", address, "--config", folder / "more.yaml")

        # Everything in one process: a feed, Kafka, a store, and its health over HTTP.
        inbox = folder / "inbox"
        inbox.mkdir()
        (folder / "run.yaml").write_text(
            f"data_dir: {folder}/run\nbrokers: {address}\nhttp:\n  listen: 127.0.0.1:0\n"
            f"feeds:\n  - name: inbox\n    directory: {inbox}\nkafka:\n  session.timeout.ms: '6000'\n"
        )
        process = subprocess.Popen([YTTERBY, "run", "--config", folder / "run.yaml"], stderr=subprocess.PIPE, text=True)
        try:
            port = None
            for line in process.stderr:
                found = re.search(r"HTTP on port (\d+)", line)
                port = int(found[1]) if found else port
                if "working:" in line:
                    break
            (folder / "whole.txt").write_bytes(sample.read_bytes())
            (folder / "whole.txt").rename(inbox / "whole.txt")
            # A bounded wait: every round queries the program and starts a process.
            for _ in range(600):
                status, body = http_get(port, "/metrics")
                counts = {
                    key: float(value)
                    for key, value in re.findall(r'ytterby_sections_stored_total\{consumer="(\w+)"\} (\S+)', body)
                }
                if (
                    counts.get("articles", 0) >= 17
                    and "kafka_consumergroup_lag" in body
                    and "latency_seconds_count" in body
                ):
                    break
                process.poll()
                subprocess.run([YTTERBY, "--version"], capture_output=True)
            expect(counts.get("articles") == 17, f"the watched file was not stored: {counts}")
            expect(
                'ytterby_documents_total{feed="inbox",outcome="published"} 1' in body
                and "kafka_consumergroup_lag" in body,
                body[:2000],
            )
            expect("ytterby_end_to_end_latency_seconds_count" in body, "no latency histogram")
            expect(http_get(port, "/livez")[0] == 200, "/livez fails")
            until("it is not ready", lambda: http_get(port, "/readyz")[0] == 200)
            expect(json.loads(http_get(port, "/readyz")[1])["ready"], "ready, and not ready")
            expect(json.loads(http_get(port, "/version")[1])["name"] == "ytterby", "/version is wrong")
        finally:
            process.send_signal(signal.SIGTERM)
            rest = process.stderr.read()
            expect(process.wait(timeout=60) == 0, f"run did not stop cleanly: {rest}")
        out, _ = run("export", "sections", "--data-dir", folder / "run")
        expect(out.count("\n") == 17, "the rows are not in the store")
    print("topics are as configured")
