#!/usr/bin/env python3
"""Configurations and arguments that anybody could give: each row has its exit code and a word of its message. No message
carries a control character to the terminal, and no command hangs.

    commands.py           runs the table
    commands.py --rows    prints its rows, for the runbook
"""
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

ESC = "\x1b]0;owned\x07\x1b[31m\u202e\u009b"

# The YAML of a configuration file, and what `config check` says (exit 78).
CONFIGURATIONS = [
    ("kafka: a list", "kafka: [security.protocol=SASL_SSL]\n", "kafka: not a map"),
    ("kafka: a text", "kafka: security.protocol\n", "kafka: not a map"),
    ("kafka: a key twice", "kafka: {linger.ms: 1, linger.ms: 2}\n", "kafka.linger.ms appears twice"),
    ("kafka: an unknown setting", "brokers: 127.0.0.1:9\nkafka: {no.such.setting: 1}\n", "no.such.setting"),
    ("kafka: a setting that guarantees rest on", "brokers: 127.0.0.1:9\nkafka: {acks: 0}\n", "acks"),
    ("kafka: a value of the wrong type", "brokers: 127.0.0.1:9\nkafka: {linger.ms: soon}\n", "linger.ms"),
    ("feeds: a map", "feeds: {name: inbox, directory: .}\n", "feeds: not a list"),
    ("feeds: a list of texts", "feeds: [inbox]\n", "a feed is a map"),
    ("feeds: without a place", "feeds: [{name: inbox}]\n", "needs a name and a place"),
    ("feeds: two places", "contact: a@b\nfeeds: [{name: a, directory: ., urls: ['http://x/']}]\n", "only one of"),
    ("feeds: a page without a contact", "feeds: [{name: a, urls: ['http://x/']}]\n", "contact"),
    ("feeds: a contact with a line break", 'contact: "a\\r\\nb"\nfeeds: [{name: a, urls: ["http://x/"]}]\n', "contact"),
    ("feeds: an index without links", "contact: a@b\nfeeds: [{name: a, index: 'http://x/'}]\n", "needs `links`"),
    ("feeds: a broken pattern", "contact: a@b\nfeeds: [{name: a, index: 'http://x/', links: '('}]\n", "missing )"),
    ("feeds: no URL of the web", "contact: a@b\nfeeds: [{name: a, urls: ['file:///etc/passwd']}]\n", "no http or https"),
    ("feeds: a password in a URL", "contact: a@b\nfeeds: [{name: a, urls: ['http://u:p@x/']}]\n", "no http or https"),
    ("feeds: a hasty interval", "contact: a@b\nfeeds: [{name: a, urls: ['http://x/'], interval_s: 1}]\n", "interval_s"),
    ("feeds: no file of credentials", "contact: a@b\nfeeds: [{name: a, urls: ['http://x/'], authorization_file: no}]\n", "authorization_file"),
    ("feeds: a name with a slash", "feeds: [{name: a/b, directory: .}]\n", "feed name"),
    ("feeds: two of one name", "feeds: [{name: a, directory: x}, {name: a, directory: y}]\n", "two feeds are named a"),
    ("feeds: a folder that does not exist", "feeds: [{name: a, directory: nowhere}]\n", "no such folder"),
    ("feeds: a folder that holds the data folder", "data_dir: x/data\nfeeds: [{name: a, directory: .}]\n", "holds the data folder"),
    ("feeds: a negative time", "feeds: [{name: a, directory: ., settle_ms: -1}]\n", "settle_ms"),
    ("http: a text", "http: 127.0.0.1:1\n", "http: not a map"),
    ("http: no port", "http: {listen: localhost}\n", "http.listen"),
    ("http: a port out of range", "http: {listen: 'localhost:70000'}\n", "http.listen"),
    ("limits: a number", "limits: 5\n", "limits: not a map"),
    ("limits: zero", "limits: {max_document_bytes: 0}\n", "max_document_bytes"),
    ("limits: a text", "limits: {max_event_bytes: lots}\n", "limits.max_event_bytes"),
    ("topics: a list", "topics: [3]\n", "topics: not a map"),
    ("topics: a negative count", "topics: {partitions: -1}\n", "topics"),
    ("topics: more replicas in sync than there are", "brokers: 127.0.0.1:9\ntopics: {min_insync_replicas: 2}\n", "min_insync_replicas"),
    ("brokers: no host", "brokers: ':9092'\n", "brokers"),
    ("brokers: a port out of range", "brokers: localhost:99999\n", "brokers"),
    ("brokers: a blank within", "brokers: 'local host:9'\n", "brokers"),
    ("data_dir: empty", "data_dir: ''\n", "data_dir"),
    ("data_dir: a list", "data_dir: [a]\n", "data_dir"),
    ("store: another kind", "store: mysql:x\n", "unknown kind of store"),
    ("store: a password in the URL", "store: postgresql://u:s3cret@h/x\n", "contains a password"),
    ("store_password_file: does not exist", "store: postgresql://u@h/x\nstore_password_file: none\n", "store_password_file"),
    ("log_level: another word", "log_level: loud\n", "log_level"),
    ("an unknown key", "colour: red\n", "unknown key colour"),
    ("a key twice", "timeout_s: 1\ntimeout_s: 2\n", "appears twice"),
    ("no map", "- a\n", "not a map"),
    ("no YAML", "a: [\n", "bad.yaml"),
    ("control characters in a value", f'store: "{ESC.encode("unicode_escape").decode()}"\n', "store"),
]  # fmt: skip

# Arguments, the exit code, and a word of the message.
ARGUMENTS = [
    ("command: unknown", ["exprot"], 64, "did you mean export"),
    ("command: control characters", [ESC], 64, "unknown command"),
    ("option: unknown", ["export", "prices", "--nope"], 64, "unknown option --nope"),
    ("option: control characters", ["export", "prices", f"--{ESC}"], 64, "unknown option"),
    ("kind: unknown", ["export", "gold"], 64, "unknown kind"),
    ("kind: control characters", ["export", ESC], 64, "unknown kind"),
    ("product: control characters", ["export", "prices", "--product", ESC], 64, "unknown product"),
    ("issue: control characters", ["export", "prices", "--issue", ESC], 64, "YYYY-NN"),
    ("period: control characters", ["export", "prices", "--period", ESC], 64, "period"),
    ("id: control characters", ["explain", ESC], 66, "no record"),
    ("id: too short", ["explain", "6"], 64, "at least 4"),
    ("id: SQL", ["explain", "'; DROP TABLE prices_row; --"], 66, "no record"),
    ("file: does not exist", ["ingest", "/no/such/file"], 66, "no such file"),
    ("file: control characters", ["ingest", f"/{ESC}"], 66, "no such file"),
    ("output: a file that is no export", ["export", "prices", "--output", "{data}/store.db"], 64, "is no export"),
    ("output: a full device", ["export", "prices", "--output", "/dev/full"], 74, "No space left"),
    ("output: a folder that does not exist", ["export", "prices", "--output", "/no/such/folder/x"], 74, "No such file"),
    ("timeout: no number", ["status", "--timeout", "soon"], 64, "timeout"),
    ("store: another kind", ["status", "--store", "mysql:x"], 78, "unknown kind of store"),
    ("store: control characters", ["status", "--store", f"sqlite:/no/{ESC}"], 0, "none yet"),
    ("letter: unknown", ["dead-letters", "show", "00000000"], 66, "00000000"),
]  # fmt: skip

if "--rows" in sys.argv:
    for name, _, _ in CONFIGURATIONS:
        print(f"{name}\texit 78")
    for name, _, code, _ in ARGUMENTS:
        print(f"{name}\texit {code}")
    sys.exit(0)

from ytterby_test import HARMFUL, SOURCE, YTTERBY, Folder, expect, run

with Folder() as folder:
    run("ingest", SOURCE / "ops" / "samples" / "2023-09-ocr-markup.md", "--data-dir", folder / "data")
    before = run("export", "prices", "--data-dir", folder / "data")[0]
    wrong = []

    def check(name, arguments, code, word):
        done = subprocess.run(
            [YTTERBY, *arguments], capture_output=True, text=True, timeout=60, cwd=folder, errors="replace"
        )
        said = done.stdout + done.stderr
        if done.returncode != code or word not in said:
            wrong.append(f"{name}: exit {done.returncode}, not {code}, or no {word!r}: {said[:300]}")
        if any(harm in said for harm in HARMFUL):
            wrong.append(f"{name}: a control character reaches the terminal: {said!r}"[:300])

    for name, yaml, word in CONFIGURATIONS:
        (folder / "bad.yaml").write_text(yaml)
        check(name, ["config", "check", "--config", folder / "bad.yaml"], 78, word)
    for name, arguments, code, word in ARGUMENTS:
        given = [argument.replace("{data}", str(folder / "data")) for argument in arguments]
        # Where the command is known, on a data folder that has something.
        known = [] if name.startswith("command") else ["--data-dir", folder / "data"]
        check(name, [*given, *known], code, word)
    expect(run("export", "prices", "--data-dir", folder / "data")[0] == before, "the exports have changed")
    rows = len(CONFIGURATIONS) + len(ARGUMENTS)
    expect(not wrong, f"{len(wrong)} of {rows} rows:\n" + "\n".join(wrong))
    print(f"{rows} hostile configurations and arguments, each with its stated answer")
