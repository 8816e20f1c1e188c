#!/usr/bin/env python3
"""Bad input gets one clear line naming file, place and cause, an entry in status, and its exit code, and stops nothing
else."""
import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import SOURCE, YTTERBY, Folder, expect, export_all, run

SAMPLE = (SOURCE / "ops" / "samples" / "2023-09-ocr-markup.md").read_text("utf-8")

with Folder() as folder:
    bad = folder / "bad"
    bad.mkdir()
    (bad / "empty.txt").write_bytes(b"")
    (bad / "spaces.txt").write_bytes(b" \n\t\n")
    (bad / "binary.txt").write_bytes(bytes(range(256)) * 64)
    (bad / "novel.txt").write_text("从前有一座山，山里有一座庙。\n" * 50, "utf-8")
    (bad / "source.cpp").write_text("int main() { return 0; }\n")
    (bad / "quoting.cpp").write_text((SOURCE / "tests" / "unit" / "splitter_test.cpp").read_text("utf-8"), "utf-8")
    (bad / "service.log").write_text(
        "".join(
            f"2024-06-01T00:00:{n % 60:02d}Z info 第 {n} 期 稀土 request {n} took {n * 7 % 900} ms\n" for n in range(400)
        ),
        "utf-8",
    )
    coal = (
        (SOURCE / "ops" / "samples" / "2024-06-ocr-plain.txt")
        .read_text("utf-8")
        .replace("离子型稀土", "煤炭")
        .replace("稀土", "煤炭")
    )
    (bad / "coal.txt").write_text(coal, "utf-8")
    (bad / "encoding.txt").write_bytes("これは日本語の文章です。カタカナも".encode("shift_jis") * 20 + b"\xfd\xfe" * 30)
    (bad / "no-number.txt").write_text("稀土甲事\n\n甲事发生了。\n\n（来源：甲）\n\n稀土乙事\n\n乙事发生了。\n\n（来源：乙）\n", "utf-8")
    with open(bad / "huge.txt", "wb") as huge:
        huge.truncate(200 << 20)
    os.mkfifo(bad / "pipe")
    (bad / "dangling").symlink_to("nowhere")
    (bad / "good.md").write_text(SAMPLE, "utf-8")
    out, err = run("ingest", bad, "--data-dir", folder / "data", code=65)
    reasons = {
        "empty.txt": "empty",
        "spaces.txt": "empty",
        "binary.txt": "binary",
        "novel.txt": "no-bulletin",
        "source.cpp": "no-bulletin",
        "quoting.cpp": "no-bulletin",
        "service.log": "no-bulletin",
        "coal.txt": "no-bulletin",
        "encoding.txt": "unknown-encoding",
        "no-number.txt": "no-issue-number",
        "huge.txt": "too-large",
        "pipe": "unreadable",
        "dangling": "vanished",
    }
    expect(f"documents: 1 new, 0 unchanged, {len(reasons)} rejected" in out, out)
    status, _ = run("status", "--data-dir", folder / "data")
    for name, reason in reasons.items():
        expect(
            sum(f"rejected {name}: {reason}:" in line for line in out.splitlines()) == 1,
            f"the summary does not have exactly one line for {name} ({reason}):\n{out}",
        )
        expect(
            sum(f"{name}: rejected ({reason})" in line for line in err.splitlines()) == 1,
            f"stderr does not have exactly one line for {name}:\n{err}",
        )
    # The newest ten, and how many more.
    shown = [name for name, reason in reasons.items() if f"/ {name}: {reason}:" in status]
    expect(len(shown) == 10 and f"and {len(reasons) - 10} older" in status, f"status shows {shown}:\n{status}")
    # --issue gives the number that the text has not.
    run("ingest", bad / "no-number.txt", "--issue", "2021-05", "--data-dir", folder / "numbered")
    expect(
        b'"issue":"2021-05"' in export_all(folder / "numbered", folder / "numbered-out")["sections.ndjson"],
        "--issue had no effect",
    )

    # These are accepted with a finding: half a bulletin, a missing column, a missing source line.
    half = folder / "half.md"
    half.write_text(SAMPLE[: len(SAMPLE) * 2 // 3], "utf-8")
    column = folder / "column.md"
    column.write_text(
        "\n".join(
            line.rsplit("\t", 1)[0] if line.count("\t") >= 4 and ("%" in line or "环比" in line) else line
            for line in SAMPLE.split("\n")
        ),
        "utf-8",
    )
    source = folder / "source.md"
    source.write_text(re.sub(r"[（(]来源[:：] *全球矿业观察[）)]", "", SAMPLE), "utf-8")
    for path, check in ((half, "cut-off"), (column, "missing-column"), (source, "source-missing")):
        run("ingest", path, "--data-dir", folder / path.stem)
        findings = export_all(folder / path.stem, folder / f"{path.stem}-out")["findings.ndjson"].decode()
        expect(f'"check":"{check}"' in findings, f"{path.name} gave no finding {check}:\n{findings[:600]}")

    # The program refuses to start.
    run("ingest", folder / "no-such-path", "--data-dir", folder / "never", code=66)
    expect(not (folder / "never").exists(), "a missing path left traces")
    (folder / "unknown.yaml").write_text("datadir: x\n")
    _, err = run("ingest", bad / "good.md", "--config", folder / "unknown.yaml", code=78)
    expect("unknown.yaml:1: unknown key datadir" in err, err)
    run("ingest", code=64)
    run("export", "nonsense", "--data-dir", folder / "data", code=64)
    import sqlite3

    with sqlite3.connect(folder / "numbered" / "store.db") as db:
        db.execute("PRAGMA user_version = 99")
    _, err = run("ingest", bad / "good.md", "--data-dir", folder / "numbered", code=78)
    expect("newer" in err, err)
    holder = subprocess.Popen(
        ["flock", folder / "data" / "leases" / "feed.ingest.lock", "sh", "-c", "echo held; cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    holder.stdout.readline()
    _, err = run("ingest", bad / "good.md", "--data-dir", folder / "data", code=75)
    expect("feed.ingest" in err, err)
    holder.communicate("")

    # A file without read permission, ingested by a user other than root.
    if os.geteuid() == 0:
        other = folder / "other"
        other.mkdir()
        (other / "secret.md").write_text(SAMPLE, "utf-8")
        (other / "secret.md").chmod(0)
        folder.chmod(0o755)
        (folder / "nobody").mkdir()
        os.chown(folder / "nobody", 65534, 65534)
        done = subprocess.run(
            [
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                YTTERBY,
                "ingest",
                other,
                "--data-dir",
                folder / "nobody",
            ],
            capture_output=True,
            text=True,
            timeout=60,
        )
        expect(
            done.returncode == 65 and "secret.md: unreadable: Permission denied" in done.stdout,
            f"{done.returncode} {done.stdout} {done.stderr}",
        )
    print("every bad input was reported")
