#!/usr/bin/env python3
"""Random attacks from a seed: mutated documents, events, rows and files, failing system calls, memory limits, kills.

    random_run.py SEED [TRIALS] [--services] [--only KIND/NUMBER]

Each trial begins with the same sound data folder, attacks it once and states what must hold: no command dies or calls an
error internal, what is exported is readable, other issues keep their bytes, and an attack that is over leaves nothing
behind once the documents are ingested again. Prints how many trials of each kind were made and which failed, with the
seed that repeats one alone. Exits 1 if any failed."""
import argparse
import copy
import errno
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from daemon import SESSION_SECONDS, Daemon
from ytterby_test import SOURCE, YTTERBY, Broker, Folder, Postgres, export_all, run, synthesize, until

SAMPLES = sorted(p for p in (SOURCE / "ops" / "samples").iterdir() if p.name != "README.md")
SHIM = Path(os.environ.get("YTTERBY_FAILING_CALLS", ""))
LOOK_ALIKES = {"0": "Oo〇", "1": "lI|", "2": "Zz", "5": "S", "8": "B", "，": ",、", "。": ".", "：": ":", "稀": "㮠", "土": "士"}
ODD = ["\x00", "\x1b[31m", "\u202e", "\ufeff", "\u200b", "\u3000", "\r", "\x85", "\u2028", "𠮷", "e\u0301", "￿"]


class Broken(Exception):
    pass


def need(condition, message):
    if not condition:
        raise Broken(message)


class Trial:
    """One attack on a copy of the sound folder."""

    def __init__(self, folder, sound, exports, seed):
        self.random = random.Random(seed)
        self.data, self.out, self.sound, self.exports = folder / "data", folder / "out", sound, exports
        self.folder = folder
        for path in (self.data, self.out, folder / "in"):
            shutil.rmtree(path, ignore_errors=True)

    def copy(self, *left_out):
        shutil.copytree(self.sound, self.data, ignore=shutil.ignore_patterns(*left_out))

    def command(self, *args, codes=(0,), **options):
        """Runs a command; returns its exit code and what it said."""
        done = subprocess.run(
            [YTTERBY, *map(str, args), "--data-dir", str(self.data)],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=120,
            **options,
        )
        said = done.stdout + done.stderr
        need(done.returncode in codes, f"{args[0]}: exit {done.returncode}: {said[-400:]}")
        need("internal error" not in said, f"{args[0]}: {said[-400:]}")
        return done.returncode, said

    def exported(self, codes=(0,)):
        """What `export all` wrote; None if it failed as it may."""
        shutil.rmtree(self.out, ignore_errors=True)
        code, _ = self.command("export", "all", "--output", self.out, codes=codes)
        if code:
            return None
        files = {path.name: path.read_bytes() for path in sorted(self.out.iterdir())}
        for name, content in files.items():
            for line in content.splitlines():
                try:
                    json.loads(line)
                except ValueError:
                    raise Broken(f"{name}: a line that is no JSON: {line[:200]}") from None
        return files

    def others(self, files, *issues):
        """The lines of other issues, without what is said across issues."""
        return {
            name: [line for line in content.splitlines() if json.loads(line)["issue"] not in issues]
            for name, content in files.items()
            if name != "findings.ndjson"
        }


def mutated_text(chance, text):
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randint(1, 12)):
        at, to = sorted((chance.randrange(len(lines) + 1), chance.randrange(len(lines) + 1)))
        kind = chance.randrange(9)
        if kind == 0:
            del lines[at : min(to, at + 30)]
        elif kind == 1:
            lines[at:at] = lines[at : min(to, at + 30)] * chance.randint(1, 4)
        elif kind == 2:
            chance.shuffle(block := lines[at:to])
            lines[at:to] = block
        elif kind == 3:
            lines[at:at] = [chance.choice(["行业动态\n", "目录\n", "市场行情\n", "（来源：某网）\n", "2024年 第01期\n", "\f", "\n" * 50])]
        elif kind == 4 and at < len(lines):
            lines[at] = "".join(chance.choice(LOOK_ALIKES.get(c, c)) if chance.random() < 0.3 else c for c in lines[at])
        elif kind == 5 and at < len(lines):
            place = chance.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:place] + chance.choice(ODD) + lines[at][place:]
        elif kind == 6 and at < len(lines):
            lines[at] = lines[at].rstrip("\n")
        elif kind == 7 and at < len(lines):
            lines[at] = lines[at].replace("\n", chance.choice(["\r\n", "\r", " \n", "\t\n"]))
        elif kind == 8 and at < len(lines):
            lines[at] *= chance.randint(2, 300)
        if not lines:
            lines = ["\n"]
    content = bytearray("".join(lines).encode("utf-8", "surrogatepass"))
    if chance.random() < 0.3:
        for _ in range(chance.randint(1, 20)):
            del content[chance.randrange(len(content))]
            content[chance.randrange(len(content))] = chance.randrange(256)
    if chance.random() < 0.1:
        del content[chance.randrange(len(content)) :]
    return bytes(content)


def document(trial):
    """A mutated document beside the sound ones, under a name of its own."""
    trial.copy()
    chance = trial.random
    place = trial.folder / "in"
    place.mkdir()
    sample = chance.choice(SAMPLES)
    (place / "mutated.txt").write_bytes(mutated_text(chance, sample.read_text("utf-8")))
    trial.command("ingest", place, codes=(0, 65))
    with sqlite3.connect(trial.data / "store.db") as store:
        touched = [
            label
            for (label,) in store.execute(
                "SELECT i.label FROM articles_manifest m JOIN articles_manifest_issue mi ON mi.manifest = m.id "
                "JOIN articles_issue i ON i.id = mi.issue WHERE m.name = 'mutated.txt'"
            )
        ]
    # A text that names the month of another issue may only add to what is said of its own.
    need(
        trial.others(trial.exported(), *touched) == trial.others(trial.exports, *touched),
        "other issues have other bytes",
    )
    for command in ("status", "findings"):
        trial.command(command)


def mutated_json(chance, value):
    """The value with one thing in it changed."""
    value = copy.deepcopy(value)
    holders = []

    def collect(one):
        for key in one if isinstance(one, dict) else range(len(one)):
            holders.append((one, key))
            if isinstance(one[key], (dict, list)):
                collect(one[key])

    collect(value)
    holder, key = chance.choice(holders)
    old = holder[key]
    kind = chance.randrange(6)
    if kind == 0:
        del holder[key]
    elif kind == 1:
        holder[key] = chance.choice(
            [None, True, "", "x", 0, -1, 2**31, 2**32, 2**63, 1.5, [], {}, [[]], "\u202e\x1b"]
        )
    elif isinstance(old, int):
        holder[key] = old + chance.choice([-1, 1, 2, -1000, 1000, 10**6])
    elif isinstance(old, str):
        place = chance.randrange(len(old) + 1)
        holder[key] = old[:place] + chance.choice(ODD[1:] + ["", "x" * 1000]) + old[place + 1 :]
    elif isinstance(old, list) and old:
        holder[key] = old + old if kind < 4 else old[::-1]
    elif isinstance(holder, dict):
        holder["unknown"] = old
    return value


def event(trial):
    """A mutated section or manifest, as its producer would have written it."""
    trial.copy("store.db*")
    chance = trial.random
    with sqlite3.connect(trial.data / "log.db") as log:
        rows = log.execute("SELECT id, value FROM records ORDER BY id").fetchall()
        row, value = chance.choice(rows)
        old = json.loads(value)
        issues = {old["issue"]} if "issue" in old else {one["issue"] for one in old["issues"]}
        new = mutated_json(chance, old)
        text = json.dumps(new, ensure_ascii=chance.random() < 0.2).encode("utf-8", "surrogatepass")
        log.execute("UPDATE records SET value = ?, checksum = NULL WHERE id = ?", (text, row))
    trial.command("ingest", *SAMPLES, codes=(0, 65))
    files = trial.exported()
    need(trial.others(files, *issues) == trial.others(trial.exports, *issues), "other issues have other bytes")
    for command in ("status", "findings"):
        trial.command(command)


def row(trial):
    """A mutated row of a store: what is exported with success is what was stored."""
    trial.copy()
    chance = trial.random
    with sqlite3.connect(trial.data / "store.db") as store:
        consumer = chance.choice(["prices", "patents", "policies", "articles"])
        rows = store.execute(f"SELECT rowid, body, provenance, natural_key FROM {consumer}_row").fetchall()
        number, *values = chance.choice(rows)
        column = chance.randrange(3)
        value = values[column]
        place, length = chance.randrange(len(value) + 1), chance.choice([0, 1, 1, 5, 100])
        value = (
            value[:place]
            + chance.choice(["", "0", "9", '"', "]", "}", "\\", ",", "é", "\x00"])
            + value[place + length :]
        )
        if value == values[column]:
            return
        name = ("body", "provenance", "natural_key")[column]
        unchecked = chance.random() < 0.3
        store.execute(
            f"UPDATE {consumer}_row SET {name} = ?{', checksum = NULL' if unchecked else ''} WHERE rowid = ?",
            (value, number),
        )
    files = trial.exported(codes=(0, 74))
    need(unchecked or files in (None, trial.exports), f"{consumer}_row.{name}: changed bytes are exported")
    for command in ("status", "findings"):
        trial.command(command, codes=(0, 74))


def flipped_bytes(trial):
    """Flipped bytes on the disk: an export that succeeds is the sound one, and the rebuilt store is the sound one."""
    trial.copy()
    chance = trial.random
    file = chance.choice(["store.db", "store.db", "store.db", "log.db", "archive/deliveries.db"])
    content = bytearray((trial.data / file).read_bytes())
    for _ in range(chance.choice([1, 1, 4, 64])):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    (trial.data / file).write_bytes(content)
    files = trial.exported(codes=(0, 74, 78))
    need(files in (None, trial.exports), f"{file}: damage is exported")
    for command in (["status"], ["findings"], ["store", "check"], ["documents", "verify"], ["ingest", *SAMPLES]):
        trial.command(*command, codes=(0, 65, 66, 69, 74, 75, 78))
    if file == "store.db":
        for name in ("store.db", "store.db-wal", "store.db-shm"):
            (trial.data / name).unlink(missing_ok=True)
        trial.command("ingest", *SAMPLES)
        need(trial.exported() == trial.exports, "the rebuilt store exports other bytes")


def again(trial):
    """With the attack over, the documents ingested once more give what they always give."""
    trial.command("ingest", *SAMPLES)
    need(trial.exported() == trial.exports, "something is left behind")


def failing_calls(trial):
    """Writes, reads, syncs and renames that fail while documents are ingested."""
    if not SHIM.is_file():
        return
    chance = trial.random
    settings = {
        "LD_PRELOAD": str(SHIM),
        "YTTERBY_FAIL_AT": str(int(2 ** chance.uniform(0, 11))),
        "YTTERBY_FAIL_COUNT": str(chance.choice([1, 1, 1, 3, 50, 10**9])),
        "YTTERBY_FAIL_ERRNO": str(chance.choice([errno.ENOSPC, errno.EIO, errno.EMFILE, errno.ENOMEM, errno.EDQUOT])),
    }
    trial.command(
        "ingest",
        *SAMPLES,
        "--drain-timeout",
        "3",
        codes=(0, 65, 69, 74, 75),
        env={**os.environ, **settings},
    )
    again(trial)


def memory_limit(trial):
    """Too little memory while documents are ingested."""
    limit = int(trial.random.uniform(70, 250)) << 20
    done = subprocess.run(
        [YTTERBY, "ingest", *map(str, SAMPLES), "--data-dir", str(trial.data), "--drain-timeout", "5"],
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    need(
        done.returncode in (0, 65, 69, 74, 75) and "internal error" not in done.stderr,
        f"{limit >> 20} MB: exit {done.returncode}: {done.stderr[-300:]}",
    )
    again(trial)


def kill(trial):
    """kill -9 in the midst of the work, a few times."""
    for _ in range(trial.random.randint(1, 4)):
        process = subprocess.Popen(
            [YTTERBY, "ingest", *map(str, SAMPLES), "--data-dir", str(trial.data)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(trial.random.uniform(0, 0.12))
        process.kill()
        process.wait()
    again(trial)


def stop_and_go(trial):
    """A process that stands still for moments while it works."""
    process = subprocess.Popen(
        [YTTERBY, "ingest", *map(str, SAMPLES), "--data-dir", str(trial.data)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(5):
        time.sleep(trial.random.uniform(0, 0.02))
        process.send_signal(signal.SIGSTOP)
        time.sleep(trial.random.uniform(0, 0.05))
        process.send_signal(signal.SIGCONT)
    _, said = process.communicate(timeout=120)
    need(process.returncode == 0, f"exit {process.returncode}: {said[-300:]}")
    need(trial.exported() == trial.exports, "other exports")


def stopped_services(folder, chance):
    """A broker and a database that stand still at random moments while documents come: in the end all is there."""
    documents = sorted(synthesize(folder / "documents", 12).iterdir())
    run("ingest", *documents, "--data-dir", folder / "calm")
    with Postgres(folder) as server, (broker := Broker(folder)) as address:
        run("topics", "apply", "--brokers", address)
        run("store", "migrate", "--store", server.url)
        daemon = Daemon(folder / "services", "run", "--brokers", address, "--store", server.url, feed=True)
        try:
            daemon.await_ready()
            for document in documents:
                with chance.choice([server, broker]).standing_still():
                    daemon.offer(document)
                    time.sleep(chance.choice([0.1, 0.5, 1, SESSION_SECONDS + 1]))
            published = 'ytterby_documents_total{feed="inbox",outcome="published"}'
            until("not all is published", lambda: daemon.metric(published) == len(documents), seconds=180)
            # What the store holds, since a lag of 0 may be a second old.
            config = ("--config", daemon.config, *daemon.flags)

            def all_are_stored():
                store = json.loads(run("status", *config, "--json")[0])["store"]
                return all(one["issues"] == len(documents) for one in store["consumers"])

            until("not all is stored", all_are_stored, daemon.process, daemon.log, seconds=180)
            daemon.await_ready()
            daemon.stop()
        finally:
            daemon.kill()
        there = export_all(folder / "services" / "data", folder / "services-out", "--store", server.url)
    need(
        there == export_all(folder / "calm", folder / "calm-out"), "after services stood still, the exports are others"
    )


KINDS = [
    (document, 8),
    (event, 6),
    (row, 6),
    (flipped_bytes, 6),
    (failing_calls, 5),
    (memory_limit, 2),
    (kill, 2),
    (stop_and_go, 1),
]

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("seed", type=int)
parser.add_argument("trials", type=int, nargs="?", default=400)
parser.add_argument("--only", help="one trial: KIND/NUMBER, as a failure names it")
parser.add_argument("--services", action="store_true", help="also let a broker and a database stand still")
given = parser.parse_args()
if not SHIM.is_file():
    sys.exit("YTTERBY_FAILING_CALLS: names no library; without it no system call fails")

with Folder() as folder:
    sound = folder / "sound"
    run("ingest", *SAMPLES, "--data-dir", sound)
    exports = export_all(sound, folder / "sound-out")
    for file in ("log.db", "store.db"):
        with sqlite3.connect(sound / file) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    plan = random.Random(given.seed).choices(
        [kind for kind, _ in KINDS], [weight for _, weight in KINDS], k=given.trials
    )
    tried, failed = Counter(), []
    for number, kind in enumerate(plan):
        name = f"{kind.__name__}/{number}"
        if given.only not in (None, name):
            continue
        tried[kind.__name__] += 1
        try:
            kind(Trial(folder, sound, exports, f"{given.seed} {name}"))
        except (Broken, subprocess.TimeoutExpired) as broken:
            failed.append(name)
            print(f"FAILED {name}: {broken}", flush=True)
            kept = os.environ.get("YTTERBY_KEEP")
            if kept and (folder / "data").exists():
                shutil.copytree(folder / "data", Path(kept) / name.replace("/", "-"), dirs_exist_ok=True)
    if given.services and not given.only:
        tried["stopped_services"] += 1
        try:
            stopped_services(folder, random.Random(f"{given.seed} services"))
        except Broken as broken:
            failed.append("stopped_services")
            print(f"FAILED stopped_services: {broken}", flush=True)
    print(f"tried {sum(tried.values())} ({', '.join(f'{name} {count}' for name, count in sorted(tried.items()))})")
    print(f"failed {len(failed)}{': ' + ', '.join(failed) if failed else ''}")
    print(f"seed {given.seed}")
sys.exit(bool(failed))
