#!/usr/bin/env python3
"""The whole pipeline over TLS with passwords: a real broker with SASL, client certificates and an authorizer, and a
real PostgreSQL that accepts nothing else. An error (password, certificate, rights) is reported in one line, and no
password is printed anywhere. A user with the rights that the runbook lists can do all the work; if some are revoked
meanwhile, the program reports it, waits, and continues when they are back."""
import os
import re
import shutil
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
    run,
    synthesize,
    until,
)

BROKER_SETTINGS = """listeners=SASL_SSL://127.0.0.1:@port@,CONTROLLER://127.0.0.1:@controller_port@
advertised.listeners=SASL_SSL://127.0.0.1:@port@
listener.security.protocol.map=SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=SASL_SSL
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="broker" \
  password="broker-secret" user_broker="broker-secret" user_alice="alice-secret" user_bob="bob-secret";
ssl.keystore.type=PEM
ssl.keystore.location={folder}/server.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.crt
listener.name.sasl_ssl.ssl.client.auth=required
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:broker;User:alice;User:ANONYMOUS
"""
SECRETS = ("alice-secret", "bob-secret", "store-secret", "key-secret")
printed = []


def make_certificates(folder, name):
    """Makes a certificate authority NAME.crt and certificates signed by it: server.crt and server.key for 127.0.0.1,
    both also in server.pem; NAME-client.crt for a client, and NAME-client.key with a password."""
    openssl = lambda *args: subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True, cwd=folder)
    openssl(
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        2,
        "-subj",
        f"/CN={name}",
        "-keyout",
        f"{name}.key",
        "-out",
        f"{name}.crt",
    )
    openssl(
        "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", "server.key", "-out", "server.csr"
    )
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl(
        "x509",
        "-req",
        "-in",
        "server.csr",
        "-CA",
        f"{name}.crt",
        "-CAkey",
        f"{name}.key",
        "-CAcreateserial",
        "-days",
        2,
        "-extfile",
        "names",
        "-out",
        "server.crt",
    )
    (folder / "server.pem").write_text((folder / "server.key").read_text() + (folder / "server.crt").read_text())
    openssl(
        "req",
        "-newkey",
        "rsa:2048",
        "-passout",
        "pass:key-secret",
        "-subj",
        "/CN=client",
        "-keyout",
        f"{name}-client.key",
        "-out",
        "client.csr",
    )
    openssl(
        "x509",
        "-req",
        "-in",
        "client.csr",
        "-CA",
        f"{name}.crt",
        "-CAkey",
        f"{name}.key",
        "-CAcreateserial",
        "-days",
        2,
        "-out",
        f"{name}-client.crt",
    )


def secure(server, folder):
    """Makes the server accept only TLS with passwords."""
    data = server.dir / "data"
    for name in ("server.crt", "server.key"):
        (data / name).write_bytes((folder / name).read_bytes())
        subprocess.run(["chown", "postgres:", data / name], check=True)
        (data / name).chmod(0o600)
    sql = [
        "CREATE ROLE ytterby LOGIN PASSWORD 'store-secret'",
        *(f"CREATE DATABASE {name} OWNER ytterby ENCODING 'UTF8' TEMPLATE template0" for name in ("secured", "rights")),
        "ALTER SYSTEM SET ssl = on",
    ]
    subprocess.run(["psql", "-q", server.url, *(argument for one in sql for argument in ("-c", one))], check=True)
    server.stop()
    hba = (data / "pg_hba.conf").read_text()
    (data / "pg_hba.conf").write_text(
        "hostssl secured,rights ytterby 127.0.0.1/32 scram-sha-256\nhost secured all all reject\n" + hba
    )
    server.start()


def rights_taken_and_given_back(folder, address, server_port, config, documents):
    """Bob has the rights that ops/runbook.md lists. Reading and writing one topic is denied while his daemon works."""
    (folder / "admin.properties").write_text(
        "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n"
        "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required "
        f'username="alice" password="alice-secret";\nssl.truststore.type=PEM\nssl.truststore.location={folder}/ca.crt\n'
        f"ssl.keystore.type=PEM\nssl.keystore.location={folder}/server.pem\n"
    )

    def acls(*args):
        subprocess.run(
            [
                SOURCE / "ops" / "kafka" / "broker",
                "tool",
                "org.apache.kafka.tools.AclCommand",
                "--bootstrap-server",
                address,
                "--command-config",
                folder / "admin.properties",
                *args,
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )

    def operations(*names):
        return [argument for name in names for argument in ("--operation", name)]

    prefixed = ["--add", "--allow-principal", "User:bob", "--resource-pattern-type", "prefixed"]
    acls(*prefixed, "--topic", "bulletin.", *operations("Read", "Write", "Describe", "DescribeConfigs"))
    acls(*prefixed, "--group", "ytterby.", *operations("Read"))
    acls(*prefixed, "--transactional-id", "ytterby.", *operations("Write", "Describe"))
    acls("--add", "--allow-principal", "User:bob", "--cluster", *operations("IdempotentWrite"))
    denied = ["--deny-principal", "User:bob", "--topic", "bulletin.sections.market", *operations("Read", "Write")]

    inbox, log = folder / "inbox", folder / "daemon.log"
    inbox.mkdir()
    settings = (
        config(user="bob", password="bob-secret")
        .read_text()
        .replace(f"{folder}/data", f"{folder}/bob")
        .replace("/secured?", "/rights?")
    )
    (folder / "bob.yaml").write_text(settings + f"feeds:\n  - {{name: inbox, directory: {inbox}, settle_ms: 50}}\n")
    store = f"postgresql://ytterby@127.0.0.1:{server_port}/rights?sslmode=require"

    def ask(question):
        done = subprocess.run(
            ["psql", "-qAt", store, "-c", question],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "PGPASSWORD": "store-secret"},
        )
        return int(done.stdout) if done.returncode == 0 else None  # the tables may not be there yet

    def of_each(table):
        return ", ".join(
            f"(SELECT count(*) FROM {name}_{table})" for name in ("prices", "patents", "policies", "articles")
        )

    def stored():
        return ask(f"SELECT least({of_each('manifest')})")

    def dirty():
        return ask(f"SELECT greatest({of_each('dirty')})")

    def put(paths):
        for path in paths:
            shutil.copy(path, inbox / f".{path.name}")
            (inbox / f".{path.name}").rename(inbox / path.name)

    # Alice's store has published before: bob's takes the record topics over, with the same rights.
    run("topics", "adopt", "--config", folder / "bob.yaml")
    with open(log, "w") as out:
        process = subprocess.Popen([YTTERBY, "run", "--config", folder / "bob.yaml"], stdout=out, stderr=out)
    try:
        put(documents[:3])
        until(
            "the runbook's rights are not enough", lambda: stored() == len(documents) + 3, process, log
        )  # including what alice appended
        acls("--add", *denied)
        put(documents[3:])
        until(
            "the log does not say that a right was revoked",
            lambda: "blocked until this is fixed" in log.read_text(),
            process,
            log,
        )
        until(
            "the feed does not report that a right was revoked",
            lambda: any(
                "feed inbox: blocked until this is fixed" in line and "uthoriz" in line
                for line in log.read_text().splitlines()
            ),
            process,
            log,
        )
        acls("--remove", "--force", *denied)
        until("it does not go on when the rights are back", lambda: stored() == 2 * len(documents), process, log)
        # Publishing on the record topics uses a transactional id.
        until("not everything is published", lambda: dirty() == 0, process, log)
        denied = [
            "--deny-principal",
            "User:bob",
            "--resource-pattern-type",
            "prefixed",
            "--transactional-id",
            "ytterby.",
            *operations("Write"),
        ]
        acls("--add", *denied)
        another = max(synthesize(folder / "more", len(documents) + 1, 20000).iterdir())
        said_before = len(log.read_text())
        put([another])
        until(
            "the log does not say that the transactional id is refused",
            lambda: any(
                "relay: " in line and "ransactional" in line for line in log.read_text()[said_before:].splitlines()
            ),
            process,
            log,
        )
        expect(dirty() > 0, "it is published without the right")
        acls("--remove", "--force", *denied)
        until(
            "it does not publish when the right is back",
            lambda: stored() == 2 * len(documents) + 1 and dirty() == 0,
            process,
            log,
        )
        process.terminate()
        expect(process.wait(60) == 0, log.read_text()[-3000:])
    finally:
        process.kill()
        process.wait()
    run("ingest", another, "--data-dir", folder / "calm")
    calm = export_all(folder / "calm", folder / "calm-out")
    expect_same(
        calm,
        export_all(folder / "bob", folder / "bob-out", "--config", folder / "bob.yaml"),
        "after rights were revoked and restored",
    )
    printed.append(log.read_text())


def ytterby(*args, code=0, env=None):
    out, err = run(*args, code=code, env=env)
    printed.append(out + err)
    return out, err


with Folder() as folder:
    folder.chmod(0o711)
    make_certificates(folder, "other")
    make_certificates(folder, "ca")
    documents = synthesize(folder / "documents", 10, 20000)
    run("ingest", documents, "--data-dir", folder / "calm")
    calm = export_all(folder / "calm", folder / "calm-out")
    (folder / "broker.properties").write_text(BROKER_SETTINGS.format(folder=folder))
    (folder / "password").write_text("store-secret\n")

    with Postgres(folder) as server, Broker(folder, "--settings", folder / "broker.properties") as address:
        secure(server, folder)
        port = server.url.rsplit(":", 1)[1].split("/")[0]

        def config(
            user="alice",
            password="alice-secret",
            ca="ca",
            client="ca",
            key_password="key-secret",
            store_ca="ca",
            store_password="password",
        ):
            path = folder / "config.yaml"
            path.write_text(
                f"data_dir: {folder}/data\nbrokers: {address}\ntimeout_s: 10\nhttp: {{listen: ''}}\n"
                f"store: postgresql://ytterby@127.0.0.1:{port}/secured"
                f"?sslmode=verify-full&sslrootcert={folder}/{store_ca}.crt\n"
                f"store_password_file: {folder}/{store_password}\n"
                f"kafka:\n  security.protocol: SASL_SSL\n  sasl.mechanism: PLAIN\n  sasl.username: {user}\n"
                f"  sasl.password: {password}\n  ssl.ca.location: {folder}/{ca}.crt\n"
                + (
                    f"  ssl.certificate.location: {folder}/{client}-client.crt\n"
                    f"  ssl.key.location: {folder}/{client}-client.key\n"
                    f"  ssl.key.password: {key_password}\n"
                    if client
                    else ""
                )
            )
            return path

        good = config()
        ytterby("config", "check", "--config", good)
        shown, _ = ytterby("config", "show", "--config", good)
        expect("sasl.username: alice" in shown and "(hidden)" in shown, shown)
        ytterby("topics", "apply", "--config", good)
        ytterby("ingest", documents, "--config", good)
        ytterby("status", "--config", good)
        expect_same(calm, export_all(folder / "data", folder / "out", "--config", good), "over TLS")

        def refused(what, code, *words, **keys):
            begin = time.monotonic()
            _, err = ytterby("ingest", documents, "--config", config(**keys), code=code)
            expect(all(re.search(word, err) for word in words), f"{what}: {err}")
            expect(time.monotonic() - begin < 8, f"{what}: it took {time.monotonic() - begin:.1f} s")

        refused("a wrong password for the broker", 78, "uthentication", password="guessed")
        refused("a broker of another authority", 78, "certificate", ca="other")
        refused("no certificate", 78, "certificate", client=None)
        refused("a certificate of another authority", 78, "certificate", client="other")
        refused("a wrong password for the key", 78, "ssl.key", key_password="guessed")
        # The producer is refused, or the topics are invisible: whichever answer comes first.
        refused("a user without rights", 78, "uthoriz|may not see it", user="bob", password="bob-secret")
        rights_taken_and_given_back(folder, address, port, config, sorted(documents.iterdir()))
        (folder / "guessed").write_text("guessed\n")
        refused("a wrong password for the store", 78, "password authentication failed", store_password="guessed")
        refused("a store of another authority", 78, "certificate verify failed", store_ca="other")
        # A key that librdkafka does not know, a value that it rejects, a missing file, an incomplete pair of settings.
        for settings, word in (
            ({"sasl.mechanismus": "PLAIN"}, "sasl.mechanismus"),
            ({"security.protocol": "TLS"}, "security.protocol"),
            ({"security.protocol": "SSL", "ssl.ca.location": f"{folder}/none.crt"}, "ssl.ca.location"),
            ({"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN"}, "sasl.username"),
            ({"session.timeout.ms": "20000", "max.poll.interval.ms": "10000"}, "max.poll.interval.ms"),
            ({"socket.timeout.ms": "500", "transaction.timeout.ms": "400"}, "transaction.timeout.ms"),
        ):
            lines = "".join(f"  {name}: {value}\n" for name, value in settings.items())
            (folder / "wrong.yaml").write_text(f"brokers: {address}\nkafka:\n{lines}")
            for command in (
                ("config", "check"),
                ("topics", "plan"),
                ("consume", "--data-dir", folder / "wrong", "--http", "none"),
            ):
                _, err = ytterby(*command, "--config", folder / "wrong.yaml", code=78)
                expect(word in err, f"{command}: {err}")
        for secret in SECRETS:
            expect(not any(secret in text for text in printed), f"{secret} was printed")
    print(
        "TLS and passwords on both services: the same exports; fourteen refusals, each in one line; "
        "rights revoked and restored"
    )
