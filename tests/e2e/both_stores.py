#!/usr/bin/env python3
"""The same documents into SQLite and into a real PostgreSQL: the same exported bytes, also through Kafka and when the
server is killed while it stores; roles with the least rights; passwords from files only."""
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import (
    SOURCE,
    YTTERBY,
    Broker,
    Folder,
    Postgres,
    expect,
    expect_same,
    export_all,
    read_topics,
    run,
    synthesize,
)


def sql(url, text):
    return subprocess.run(
        ["psql", "-qAt", "-v", "ON_ERROR_STOP=1", url],
        input=text,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout.strip()


def of_database(url, name, role="postgres"):
    return url.rsplit("/", 1)[0].replace("postgres@", f"{role}@") + "/" + name


def fresh_database(server, name):
    """A database that sorts by language rules, not by bytes: the exports must not depend on it."""
    sql(
        server.url, f"CREATE DATABASE {name} ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US' TEMPLATE template0;"
    )
    return of_database(server.url, name)


def same_bytes(folder, server, paths):
    data, url = folder / "data", fresh_database(server, "same")
    run("export", "prices", "--data-dir", data, "--store", url, code=66)  # there is no store yet
    out, _ = run("ingest", *paths, "--data-dir", data, "--store", url)
    expect("documents: 9 new, 0 unchanged, 0 rejected" in out, out)
    exported = export_all(data, folder / "postgres-out", "--store", url)
    run("ingest", *paths, "--data-dir", folder / "lite")
    expect_same(export_all(folder / "lite", folder / "lite-out"), exported, "SQLite and PostgreSQL")
    out, _ = run("ingest", *paths, "--data-dir", data, "--store", url)
    expect("documents: 0 new, 9 unchanged, 0 rejected" in out and "records:   0 new" in out, out)
    for command in (["status"], ["findings", "--count"], ["store", "show"]):
        lite, _ = run(*command, "--data-dir", folder / "lite")
        postgres, _ = run(*command, "--data-dir", data, "--store", url)
        expect(len(lite.splitlines()) == len(postgres.splitlines()), f"{command}:\n{lite}\n{postgres}")
    return exported


def through_kafka(folder, server, paths, exported):
    url = fresh_database(server, "kafka")
    with Broker(folder) as address:
        flags = ["--brokers", address, "--store", url]
        run("topics", "apply", "--brokers", address)
        run("ingest", *paths, "--data-dir", folder / "kafka-data", *flags)
        expect_same(
            exported, export_all(folder / "kafka-data", folder / "kafka-out", "--store", url), "PostgreSQL with Kafka"
        )


def killed_server(folder, server):
    """The server dies repeatedly while it stores; the program goes on by itself."""
    inputs = synthesize(folder / "many", 120)
    url = fresh_database(server, "killed")
    process = subprocess.Popen(
        [YTTERBY, "ingest", inputs, "--data-dir", folder / "killed", "--store", url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    kills = 0
    stored = "SELECT CASE WHEN to_regclass('articles_stored') IS NULL THEN 0 ELSE 1 END;"
    for wanted in (100, 500, 900, 1300):  # sections stored by then
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            # It stands still while it is asked how far it is, so that the kill meets it at work.
            process.send_signal(signal.SIGSTOP)
            if sql(url, stored) == "1" and int(sql(url, "SELECT count(*) FROM articles_stored;")) >= wanted:
                break
            process.send_signal(signal.SIGCONT)
            time.sleep(0.005)
        if process.poll() is not None:
            break
        server.stop("--kill")
        process.send_signal(signal.SIGCONT)
        kills += 1
        server.start()
    out, err = process.communicate(timeout=300)
    expect(process.returncode == 0, f"ingest ended with {process.returncode}: {out}\n{err}")
    expect(kills >= 2, f"only {kills} kills hit the ingest while it worked")
    run("ingest", inputs, "--data-dir", folder / "calm")
    expect_same(
        export_all(folder / "calm", folder / "calm-out"),
        export_all(folder / "killed", folder / "killed-out", "--store", url),
        f"after {kills} kills",
    )
    server.stop()
    _, err = run("export", "prices", "--data-dir", folder / "killed", "--store", url, "--timeout", "1", code=69)
    expect("postgresql:" in err, err)
    server.start()
    return kills


def least_rights(folder, server, paths):
    database = fresh_database(server, "rights")
    owner, writer, reader = (
        of_database(server.url, "rights", f"ytterby_{role}") for role in ("owner", "writer", "reader")
    )
    subprocess.run(
        ["psql", "-q", "-d", database, "-f", SOURCE / "ops" / "postgres" / "roles.sql"],
        check=True,
        capture_output=True,
        timeout=60,
    )
    _, err = run("ingest", *paths, "--data-dir", folder / "r", "--store", writer, code=78)
    expect("store migrate" in err, err)
    run("store", "migrate", "--store", owner)
    for _ in range(2):  # the grants are run again after each migration
        subprocess.run(
            ["psql", "-q", "-d", database, "-f", SOURCE / "ops" / "postgres" / "grants.sql"],
            check=True,
            capture_output=True,
            timeout=60,
        )
    run("ingest", *paths, "--data-dir", folder / "r", "--store", writer)
    # The same with Kafka, where the writer also publishes, forgets what it published, and reads it again.
    (folder / "publishing").mkdir()
    with Broker(folder / "publishing") as address:
        run("topics", "apply", "--brokers", address)
        flags = ["--data-dir", folder / "publishing" / "data", "--brokers", address, "--store", writer]
        run("ingest", *paths, *flags)
        published = len(read_topics(address, "bulletin.prices")["bulletin.prices"])
        run("topics", "republish", *flags)
        run("ingest", *paths, *flags)
        expect(
            published > 300 and len(read_topics(address, "bulletin.prices")["bulletin.prices"]) == published,
            f"{published} prices were published",
        )
        expect(
            sql(database, "SELECT count(*) FROM ytterby.prices_dirty;") == "0",
            "the writer could not clear the issues it published",
        )
        # The writer also sets messages aside, sends them again, and waives them.
        subprocess.run(
            ["kcat", "-b", address, "-t", "bulletin.sections.market", "-P", "-k", "poison"],
            input="poison",
            text=True,
            check=True,
            timeout=60,
        )
        run("dead-letters", "list", *flags)
        run("ingest", synthesize(folder / "one-more", 1, 20000), *flags, code=65)
        letters = [line.split()[0] for line in run("dead-letters", "list", *flags)[0].splitlines()[:-1]]
        expect(len(letters) == 2, f"{letters}")  # prices and articles
        run("dead-letters", "retry", letters[0], *flags, code=65)
        run("dead-letters", "waive", letters[0], "--reason", "a test", *flags)
    out, _ = run("export", "prices", "--data-dir", folder / "r", "--store", reader)
    expect(out.count("\n") > 300, "the reader sees too little")
    for statement in ("DELETE FROM prices_row", "UPDATE prices_row SET body = ''", "TRUNCATE prices_row"):
        refused = subprocess.run(["psql", "-q", writer, "-c", statement], capture_output=True, text=True, timeout=60)
        expect("permission denied" in refused.stderr, f"{statement}: {refused.stderr}")
    refused = subprocess.run(
        ["psql", "-q", writer, "-c", "DROP TABLE prices_row"], capture_output=True, text=True, timeout=60
    )
    expect("must be owner" in refused.stderr, f"the writer may drop tables: {refused.stderr}")
    _, err = run("ingest", folder / "in" / "1900-01.txt", "--data-dir", folder / "r2", "--store", reader, code=78)
    expect("permission denied" in err, err)


def passwords(folder, server):
    url = of_database(server.url, "rights", "ytterby_reader")
    sql(server.url, "ALTER ROLE ytterby_reader PASSWORD 'q9-secret';")
    hba = server.dir / "data" / "pg_hba.conf"
    hba.write_text("host all ytterby_reader 127.0.0.1/32 scram-sha-256\n" + hba.read_text())
    sql(server.url, "SELECT pg_reload_conf();")
    flags = ["--data-dir", folder / "r", "--store", url]
    run("export", "prices", *flags, code=78)
    (folder / "password").write_text("q9-secret\n")
    (folder / "c.yaml").write_text(f"store_password_file: {folder}/password\n")
    right = run("export", "prices", *flags, "--config", folder / "c.yaml")[0]
    expect(
        right == run("export", "prices", *flags, env={"PGPASSWORD": "q9-secret"})[0],
        "the password file and the environment give different exports",
    )
    (folder / "password").write_text("wrong\n")
    _, err = run("export", "prices", *flags, "--config", folder / "c.yaml", code=78)
    expect("wrong" not in err and "secret" not in err, f"a password is shown: {err}")
    for command in (["export", "prices"], ["config", "check"]):
        _, err = run(*command, "--data-dir", folder / "r", "--store", url.replace("@", ":q9-secret@"), code=78)
        expect("q9-secret" not in err and "store_password_file" in err, f"a password in a URL: {err}")


with Folder() as folder:
    paths = [
        synthesize(folder / "in", 6, 16000),
        *sorted(p for p in (SOURCE / "ops" / "samples").iterdir() if p.name != "README.md"),
    ]
    with Postgres(folder) as server:
        exported = same_bytes(folder, server, paths)
        through_kafka(folder, server, paths, exported)
        kills = killed_server(folder, server)
        least_rights(folder, server, paths)
        passwords(folder, server)
    print(f"SQLite and PostgreSQL: the same bytes, also after {kills} kills of the server")
