#!/usr/bin/env python3
"""The command line as people meet it: wrong commands and values, global flags, closed pipes, a full device, filters."""
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import SOURCE, YTTERBY, Folder, expect, export_all, run, synthesize, until

SAMPLES = sorted((SOURCE / "ops" / "samples").glob("20*"))


def exit_of(command):
    """The exit code of the program in a shell pipeline, with `pipefail`, and what it said on stderr."""
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


def unknown_commands(data):
    for given, meant in (("exprot", "export"), ("statsu", "status"), ("ingset", "ingest")):
        _, err = run(given, code=64)
        expect(f"unknown command {given}; did you mean {meant}?" in err, err)
    _, err = run("dead-letters", "lst", code=64)
    expect("unknown command dead-letters lst; did you mean dead-letters list?" in err, err)
    _, err = run("--data-dir", data, "bogus-and-far", code=64)
    expect("unknown command bogus-and-far; commands are: " in err and "export" in err, err)


def wrong_values(data):
    for flags, code, words in (
        (["findings", "--issue", "foo"], 64, "YYYY-NN"),
        (["findings", "--issue", "1999-01"], 66, "the newest is 2024-06"),
        (["findings", "--check", "foo"], 64, "unknown check foo"),
        (["export", "prices", "--period", "foo"], 64, "--period foo"),
        (["findings", "--severity", "foo"], 64, "foo"),
        (["dead-letters", "list", "--stage", "foo"], 64, "foo"),
        (["dead-letters", "list", "--consumer", "foo"], 64, "foo"),
        (["dead-letters", "list", "--topic", "foo"], 64, "foo"),
        (["export", "foo"], 64, "unknown kind foo"),
        (["export", "prices", "--product", "foo"], 64, "unknown product foo"),
        (["export", "policies", "--product", "dysprosium-oxide"], 64, "policies have no product"),
        (["export", "prices", "--issue", "foo"], 64, "YYYY-NN"),
        (["export", "prices", "--format", "xml"], 64, "xml"),
        (["explain", "zzzz"], 66, "no record zzzz"),
        (["explain", "6"], 64, "give at least 4 characters"),
        (["editions", "foo"], 64, "YYYY-NN"),
        (["editions", "1999-01"], 66, "the newest is 2024-06"),
        (["store", "--nonsense", "show"], 64, "unknown option --nonsense"),
        (["export", "prices", "--perod", "2024-01"], 64, "unknown option --perod; did you mean --period?"),
        (["export"], 64, "KIND"),
        (["status", "--store", "postgresql://u:s3cret@h/x"], 78, "the URL contains a password"),
        (["status", "--brokers", "local host:9,:x"], 78, "brokers: host:port"),
    ):
        _, err = run(*flags, "--data-dir", data, code=code)
        expect(words in err, f"{flags}: {err}")


def filters(data):
    rows = run("export", "prices", "--data-dir", data, "--product", "dysprosium-oxide", "--issue", "2022-05")[0]
    expect(0 < rows.count("\n") == rows.count('"product":"dysprosium-oxide"') == rows.count('"issue":"2022-05"'), rows)
    rows = run("export", "prices", "--data-dir", data, "--period", "2022-04", "--format", "csv")[0].splitlines()
    expect(len(rows) > 5 and all("2022-04" in row for row in rows[1:]), rows)
    # explain takes the beginning of an id where only one record has it.
    line = run("export", "prices", "--data-dir", data)[0].splitlines()[0]
    record = line.split('"id":"')[1].split('"')[0]
    expect(run("explain", record[:12], "--data-dir", data)[0].startswith(f"prices {record} of issue "), record)


def counts_agree(folder):
    """`ingest` and `status` count the findings that are stored, `findings` those of the current view: each says which."""
    documents = folder / "many"
    synthesize(documents, 40)
    data = folder / "many-data"
    stored = re.search(r"^findings:  \d+ new, (\d+) stored$", run("ingest", documents, "--data-dir", data)[0], re.M)
    expect(stored, "ingest does not say how many findings are stored")
    shown = re.search(
        r"^findings    (\d+) stored; `ytterby findings --count` adds", run("status", "--data-dir", data)[0], re.M
    )
    expect(shown and shown[1] == stored[1], f"status: {shown}, ingest: {stored}")
    state = json.loads(run("status", "--data-dir", data, "--json")[0])
    expect(sum(one["findings_stored"] for one in state["store"]["consumers"]) == int(stored[1]), f"{state}")
    counted, _ = run("findings", "--count", "--data-dir", data)
    listed = run("findings", "--data-dir", data)[0].count("\n")
    expect(f"{listed} findings in the current view" in counted and listed > 0, f"{listed} lines, but: {counted[-200:]}")
    # The beginning of two ids names neither.
    ids = {
        json.loads(line)["id"] for text in export_all(data, folder / "many-out").values() for line in text.splitlines()
    }
    begins = Counter(one[:4] for one in ids)
    twice = next(begin for begin, times in begins.items() if times > 1)
    _, err = run("explain", twice, "--data-dir", data, code=64)
    expect(f"{twice} names {begins[twice]} records; give more of the id" in err, err)


def editions(folder):
    """A corrected file: the earlier edition is listed below, with the one number that it prints otherwise."""
    sample = next(one for one in SAMPLES if one.name.startswith("2024-06"))
    inbox, data = folder / "editions", folder / "editions-data"
    inbox.mkdir()
    text = sample.read_text()
    table_row = re.search(r"^氧化镝\t.*$", text, re.M)[0]
    value = re.findall(r"\d+\.\d\d\b", table_row)[1]  # this month's
    changed = f"{float(value) + 1:.2f}"
    for contents in (text, text.replace(table_row, table_row.replace(value, changed, 1), 1)):
        (inbox / "issue.txt").write_text(contents)
        run("ingest", inbox, "--data-dir", data)
    shown = run("editions", "2024-06", "--data-dir", data)[0]
    expect(shown.startswith("issue 2024-06 of ionic-rare-earth-bulletin: 2 editions"), shown)
    expect("behind    revision 1 against 2" in shown and shown.count(": current\n") == 1, shown)
    current, former = map(json.loads, run("editions", "2024-06", "--json", "--data-dir", data)[0].splitlines())
    expect((current["revision"], former["revision"]) == (2, 1) and not current["differences"], f"{current}")
    values = [
        (field["other"], field["current"])
        for one in former["differences"]
        for field in one["fields"]
        if one["kind"] == "prices" and field["name"] == "value"
    ]
    expect(values == [(value, changed)], f"{values}, not {value} → {changed}")
    expect(f"{value} → {changed}" in run("editions", "2024-06", "--records", "--data-dir", data)[0], "--records")


def flags_anywhere(data):
    """Global flags count before and after the command; a flag wins over the environment."""
    for command, action in (("store", "show"), ("dead-letters", "list"), ("topics", "plan"), ("config", "show")):
        between = run(command, "--data-dir", data, action)[0]
        expect(between == run(command, action, "--data-dir", data)[0], f"{command} --data-dir … {action}")
    after = run("export", "quotas", "--data-dir", data)[0]
    expect(after and run("--data-dir", data, "export", "quotas")[0] == after, "a flag before the command is not taken")
    expect(run("export", "quotas", env={"YTTERBY_DATA_DIR": str(data)})[0] == after, "the environment is not taken")
    expect(
        run("export", "quotas", "--data-dir", data, env={"YTTERBY_DATA_DIR": "/nowhere"})[0] == after, "the flag loses"
    )


def outputs(data):
    program = f"'{YTTERBY}'"
    for command in ("findings", "export prices", "export sections", "status", "findings --checks"):
        code, err = exit_of(f"{program} {command} --data-dir '{data}' | head -1 >/dev/null")
        expect(code == 0, f"{command} | head -1: exit {code}, {err}")
        code, err = exit_of(f"{program} {command} --data-dir '{data}' | true")
        expect(code == 0, f"{command} | true: exit {code}, {err}")
        code, err = exit_of(f"{program} {command} --data-dir '{data}' > /dev/full")
        expect(code == 74 and "No space left" in err, f"{command} > /dev/full: exit {code}, {err}")
    _, err = run("export", "prices", "--data-dir", data, "--output", "/dev/full", code=74)
    expect("/dev/full: No space left" in err, err)
    # A file is replaced whole, and only if it is an export.
    before = (data / "store.db").read_bytes()
    _, err = run("export", "prices", "--data-dir", data, "--output", data / "store.db", code=64)
    expect("is no export" in err and (data / "store.db").read_bytes() == before, err)
    out = data.parent / "out.csv"
    for flags in (["--format", "csv"], [], ["--format", "csv"]):
        run("export", "prices", "--data-dir", data, "--output", out, *flags)
    expect(out.read_text() == run("export", "prices", "--data-dir", data, "--format", "csv")[0], "another export")
    code, err = exit_of(
        f"ulimit -f 1; {program} export sections --data-dir '{data}' --output '{data.parent}/torn' 2>&1 >/dev/null"
    )
    expect(code != 0 and not (data.parent / "torn").exists(), f"exit {code}: a torn file has the name")
    expect(not list(data.parent.glob("*.part")), "a temporary file is left")


def configuration(folder, data):
    """Every error at once; paths relative to the file; `none` is no HTTP server in the file too."""
    (folder / "bad.yaml").write_text(
        "log_level: loud\nlog_format: prose\nhttp:\n  listen: nowhere\nunknown: 1\ntopics:\n  partitions: many\n"
        "store: mysql:x\nlimits: 5\nfeeds:\n  - name: BAD\n    directory: x\n  - directory: y\n"
    )
    _, err = run("config", "check", "--config", folder / "bad.yaml", code=78)
    for words in (
        "log_level",
        "log_format",
        "http.listen",
        "unknown key unknown",
        "topics.partitions",
        "BAD",
        "needs a name",
        "limits: not a map",
        "unknown kind of store",
    ):
        expect(words in err, f"config check does not say {words}:\n{err}")
    place = folder / "place"
    (place / "inbox").mkdir(parents=True)
    (place / "y.yaml").write_text(
        "data_dir: data\nstore: sqlite:own.db\nhttp:\n  listen: none\nfeeds:\n  - name: inbox\n    directory: inbox\n"
    )
    shown, _ = run("config", "show", "--config", place / "y.yaml")
    (folder / "shown.yaml").write_text(shown)
    again, _ = run("config", "show", "--config", folder / "shown.yaml")
    expect(again == shown, f"what config show prints reads back as another configuration:\n{again}")
    (folder / "kafka.yaml").write_text(
        "brokers: 127.0.0.1:9\nkafka:\n  bootstrap.servers: x\n  foo.bar: 3\n  group.id: me\n"
        "topics:\n  replication: 1\n  min_insync_replicas: 2\n"
    )
    _, err = run("config", "check", "--config", folder / "kafka.yaml", code=78)
    for words in ("bootstrap.servers", "foo.bar", "group.id", "min_insync_replicas"):
        expect(words in err, f"config check does not say {words}:\n{err}")
    for path in (place / "data", f"sqlite:{place}/own.db", place / "inbox"):
        expect(str(path) in shown, f"{path} is not in:\n{shown}")
    run("config", "check", "--config", place / "y.yaml")
    # What `config show` prints can be read back.
    (folder / "shown.yaml").write_text(shown)
    expect(run("config", "show", "--config", folder / "shown.yaml")[0] == shown, "config show does not read back")
    process = subprocess.Popen([YTTERBY, "run", "--config", place / "y.yaml"], stderr=subprocess.PIPE, text=True)
    try:
        said = ""
        for line in process.stderr:
            said += line
            if "working:" in line:
                break
        expect("HTTP on port" not in said, said)
        # The start line says what runs where.
        for words in ("ytterby 0.", f"pid {process.pid}", str(place / "data"), "own.db"):
            expect(words in said.splitlines()[0], f"{words} is not in {said}")
        expect("record topics" not in said, f"there are none on the embedded log: {said}")
        process.send_signal(signal.SIGUSR1)
        process.send_signal(signal.SIGTERM)
        expect(process.wait(30) == 0, "SIGUSR1 killed it")
    finally:
        process.kill()
        process.wait()


def damaged_store(folder, data):
    """A corrupt store is said once, with file and remedy; `store check` says what is wrong."""
    run("store", "check", "--data-dir", data)
    broken = folder / "broken"
    subprocess.run(["cp", "-r", data, broken], check=True)
    for name in ("store.db-wal", "store.db-shm"):
        (broken / name).unlink(missing_ok=True)
    file = broken / "store.db"
    content = bytearray(file.read_bytes())
    content[16384:65536] = b"\xa5" * (65536 - 16384)
    file.write_bytes(content)
    _, err = run("export", "all", "--output", folder / "out", "--data-dir", broken, code=74)
    expect("store.db" in err and "ytterby store check" in err, err)
    out, _ = run("store", "check", "--data-dir", broken, code=74)
    expect("store.db: " in out and "The store can be rebuilt from the log: stop the processes that use it" in out, out)
    (folder / "no.db").write_bytes(b"not a database, but long enough to be read as one" * 400)
    out, _ = run("store", "check", "--store", f"sqlite:{folder}/no.db", code=74)
    expect("no.db: file is not a database" in out, out)
    # A damaged archive is trouble too, although log and store answer.
    lost = folder / "lost"
    subprocess.run(["cp", "-r", data, lost], check=True)
    (lost / "archive" / "deliveries.db").write_bytes(b"not a database, but long enough to be read as one" * 400)
    out, err = run("status", "--data-dir", lost, code=74)
    expect("deliveries.db: file is not a database" in err and "consumer " in out, f"{out}{err}")
    # A daemon says it once and stays: the feed goes on.
    (broken / "inbox").mkdir()
    (folder / "broken.yaml").write_text(
        f"data_dir: {broken}\nhttp: {{listen: none}}\n"
        f"feeds:\n  - {{name: inbox, directory: {broken}/inbox, settle_ms: 20}}\n"
    )
    log = folder / "broken.log"
    with open(log, "w") as out:
        process = subprocess.Popen([YTTERBY, "run", "--config", folder / "broken.yaml"], stdout=out, stderr=out)
    try:
        until(
            "it says nothing of the damage, or ended",
            lambda: "malformed" in log.read_text() or process.poll() is not None,
        )
        time.sleep(1)
        said = log.read_text()
        expect(process.poll() is None, f"it ended:\n{said[-3000:]}")
        expect(said.count("malformed") <= 2, f"the damage is said again and again:\n{said[-3000:]}")
    finally:
        process.kill()
        process.wait()


def damaged_archive(folder, data):
    """`documents verify` names every document whose bytes are not those that came, and `ingest` brings them back."""
    out, _ = run("documents", "verify", "--data-dir", data)
    expect(out == f"archive in {data}: {len(SAMPLES)} documents, no damage found\n", out)
    _, err = run("documents", "verify", "--data-dir", folder / "none", code=66)
    expect("there is no archive yet" in err, err)
    copy = folder / "copy-of-archive"
    shutil.copytree(data, copy)
    first, second, *_ = sorted(path for path in (copy / "archive").glob("??/*") if path.is_file())
    first.write_bytes(first.read_bytes().replace(b"1", b"7", 1))
    second.unlink()
    out, _ = run("documents", "verify", "--data-dir", copy, code=74)
    expect(f"{first}: the archived bytes are damaged" in out and f"{second}: cannot be read" in out, out)
    run("ingest", *SAMPLES, "--data-dir", copy)
    run("documents", "verify", "--data-dir", copy)
    records = copy / "archive" / "deliveries.db"
    records.write_bytes(b"not a database, but long enough to be read as one" * 400)
    out, _ = run("documents", "verify", "--data-dir", copy, code=74)
    expect("deliveries.db: file is not a database" in out, out)


def scripts_help():
    """Each script answers --help, and does nothing else."""
    ops = SOURCE / "ops"
    for script in ("bench", "fault", "fuzz", "hostile", "install-deps", "lint", "quickstart", "show-samples", "test"):
        done = subprocess.run([ops / script, "--help"], capture_output=True, text=True, timeout=20)
        expect(done.returncode == 0 and 0 < len(done.stdout.splitlines()) < 15, f"{script} --help: {done}")
        expect(script in done.stdout or script == "install-deps", f"{script} --help: {done.stdout}")
    for script in (ops / "kafka" / "broker", ops / "postgres" / "server"):
        done = subprocess.run([script, "--help"], capture_output=True, text=True, timeout=20)
        expect(done.returncode == 0 and "Usage:" in done.stdout, f"{script} --help: {done}")


with Folder() as folder:
    data = folder / "data"
    run("ingest", *SAMPLES, "--data-dir", data)
    unknown_commands(data)
    wrong_values(data)
    filters(data)
    counts_agree(folder)
    editions(folder)
    flags_anywhere(data)
    outputs(data)
    configuration(folder, data)
    damaged_store(folder, data)
    damaged_archive(folder, data)
    scripts_help()
    print("unknown commands, wrong values, closed pipes and damage are answered as they should be")
