#!/usr/bin/env python3
"""The runbook's table of hostile input, from the rows of the tables here.

    table.py            rewrites the table in ops/runbook.md
    table.py --check    fails where the runbook has another
"""
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUNBOOK = HERE.parent.parent / "ops" / "runbook.md"
BEGIN, END = "<!-- hostile: begin -->\n", "<!-- hostile: end -->\n"
TABLES = {
    "documents": "document",
    "folders": "file or folder in a feed",
    "events": "section event",
    "services": "message, or setting of a server",
    "data": "stored file or row",
    "pages": "HTTP client",
    "commands": "configuration or argument",
}

lines = ["| input | what is changed | rows | answer |", "|---|---|---|---|"]
total = 0
for script, kind in TABLES.items():
    # The tables need none of the tests' settings to print their rows.
    done = subprocess.run([sys.executable, HERE / f"{script}.py", "--rows"], capture_output=True, text=True, check=True)
    groups = {}
    for row in done.stdout.splitlines():
        name, answer = row.rsplit("\t", 1)
        group = name.split(":")[0] if ":" in name else "the whole"
        groups.setdefault((group, answer), []).append(name)
        total += 1
    for (group, answer), names in groups.items():
        shown = group if group != "the whole" else names[0] + (f", and {len(names) - 1} more" if len(names) > 1 else "")
        lines.append(f"| {kind} | {shown} | {len(names)} | {answer} |")
table = "\n".join([*lines, "", f"{total} rows in all.", ""])

text = RUNBOOK.read_text("utf-8")
before, rest = text.split(BEGIN)
present, after = rest.split(END)
if "--check" in sys.argv:
    if present != table:
        sys.exit("FAILED: the table in ops/runbook.md is not that of tests/hostile: run tests/hostile/table.py")
    print(f"the runbook has the {total} rows of the tables")
else:
    RUNBOOK.write_text(before + BEGIN + table + END + after, "utf-8")
