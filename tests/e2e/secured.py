#!/usr/bin/env python3
"""The whole way over TLS with passwords: a real broker with SASL and an authorizer, a real PostgreSQL that takes nothing else. What is
wrong (password, certificate, rights) is said in one line, and no password is printed anywhere."""
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import Broker, Folder, Postgres, expect, expect_same, export_all, run, synthesize

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
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:broker;User:alice;User:ANONYMOUS
"""
SECRETS = ("alice-secret", "store-secret")
printed = []


def make_certificates(folder, name):
    """A certificate authority NAME.crt, and a certificate of 127.0.0.1 that it signed: server.crt, server.key, and both in server.pem."""
    openssl = lambda *args: subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True, cwd=folder)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 2, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", "server.key", "-out", "server.csr")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", f"{name}.crt", "-CAkey", f"{name}.key", "-CAcreateserial", "-days", 2, "-extfile", "names", "-out", "server.crt")
    (folder / "server.pem").write_text((folder / "server.key").read_text() + (folder / "server.crt").read_text())


def secure(server, folder):
    """Makes the server take TLS with passwords only."""
    data = server.dir / "data"
    for name in ("server.crt", "server.key"):
        (data / name).write_bytes((folder / name).read_bytes())
        subprocess.run(["chown", "postgres:", data / name], check=True)
        (data / name).chmod(0o600)
    sql = ["CREATE ROLE ytterby LOGIN PASSWORD 'store-secret'", "CREATE DATABASE secured OWNER ytterby ENCODING 'UTF8' TEMPLATE template0", "ALTER SYSTEM SET ssl = on"]
    subprocess.run(["psql", "-q", server.url, *(argument for one in sql for argument in ("-c", one))], check=True)
    server.stop()
    hba = (data / "pg_hba.conf").read_text()
    (data / "pg_hba.conf").write_text("hostssl secured ytterby 127.0.0.1/32 scram-sha-256\nhost secured all all reject\n" + hba)
    server.start()


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

        def config(user="alice", password="alice-secret", ca="ca", store_ca="ca", store_password="password"):
            path = folder / "config.yaml"
            path.write_text(f"data_dir: {folder}/data\nbrokers: {address}\ntimeout_s: 10\nhttp: {{listen: ''}}\n"
                            f"store: postgresql://ytterby@127.0.0.1:{port}/secured?sslmode=verify-full&sslrootcert={folder}/{store_ca}.crt\n"
                            f"store_password_file: {folder}/{store_password}\n"
                            f"kafka:\n  security.protocol: SASL_SSL\n  sasl.mechanism: PLAIN\n  sasl.username: {user}\n"
                            f"  sasl.password: {password}\n  ssl.ca.location: {folder}/{ca}.crt\n")
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
            expect(all(word in err for word in words), f"{what}: {err}")
            expect(time.monotonic() - begin < 8, f"{what}: took {time.monotonic() - begin:.1f} s")

        refused("a wrong password of the broker", 78, "uthentication", password="guessed")
        refused("a broker of another authority", 78, "certificate", ca="other")
        refused("a user without rights", 78, "uthoriz", user="bob", password="bob-secret")
        (folder / "guessed").write_text("guessed\n")
        refused("a wrong password of the store", 78, "password authentication failed", store_password="guessed")
        refused("a store of another authority", 78, "certificate verify failed", store_ca="other")
        # What the library does not know, a value that it does not take, a file that is not there, half of what belongs together.
        for settings, word in ({"sasl.mechanismus": "PLAIN"}, "sasl.mechanismus"), ({"security.protocol": "TLS"}, "security.protocol"), \
                ({"security.protocol": "SSL", "ssl.ca.location": f"{folder}/none.crt"}, "ssl.ca.location"), \
                ({"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN"}, "sasl.username"):
            lines = "".join(f"  {name}: {value}\n" for name, value in settings.items())
            (folder / "wrong.yaml").write_text(f"brokers: {address}\nkafka:\n{lines}")
            for command in (("config", "check"), ("topics", "plan")):
                _, err = ytterby(*command, "--config", folder / "wrong.yaml", code=78)
                expect(word in err, f"{command}: {err}")
        for secret in SECRETS:
            expect(not any(secret in text for text in printed), f"{secret} was printed")
    print("TLS and passwords on both services: the same exports; nine refusals, each in a line")
