#!/usr/bin/env python3
"""Every exported value can be checked against the exported text alone, and `explain` and `findings` agree with it."""
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from ytterby_test import SHARED, SOURCE, Folder, expect, run


def plain(text):
    """The text without white space, tags, heading marks, emphasis and LaTeX: in this form a value and its bytes must be
    equal."""
    text = re.sub(r"<[^>]{1,12}>|\\[a-zA-Z]+|[\\*#${}_^|]", "", text)
    return re.sub(r"\s+", "", text)


def check(lines, texts, kind):
    """Checks `provenance` without the program's own code."""
    for record in lines:
        provenance = record["provenance"]
        if "section" not in provenance:
            continue  # a finding about a document as a whole
        text = texts[provenance["section"]].encode()
        for field, value in record.items():
            if (
                field in ("issue", "series", "id", "section", "provenance", "known_at")
                or value is None
                or field in provenance["rules"]
            ):
                continue
            printed = "".join(text[begin:end].decode() for begin, end in provenance["spans"].get(field, []))
            shown = "".join(value) if isinstance(value, list) else str(value)
            same = plain(shown) == plain(printed)
            if isinstance(value, (int, float)) and not same:
                same = float(value) == float(printed)
            expect(
                same, f"{kind} {record['id']} {field}: the value is {shown[:200]!r}, its bytes are {printed[:200]!r}"
            )


KINDS = [
    "prices",
    "indices",
    "patents",
    "patent-titles",
    "policies",
    "quotas",
    "standards",
    "journal-titles",
    "findings",
    "sections",
]
inputs = [sorted(path for path in (SOURCE / "ops" / "samples").iterdir() if path.name != "README.md")]
if (SHARED / "bulletins").exists():
    inputs.append([SHARED / "bulletins"])
else:
    print("the real issues are not next to the repository: only the samples are checked")

with Folder() as folder:
    for number, paths in enumerate(inputs):
        data = folder / f"data{number}"
        summary, _ = run("ingest", *paths, "--data-dir", data)
        exported = {
            kind: [json.loads(line) for line in run("export", kind, "--data-dir", data)[0].splitlines()]
            for kind in KINDS
        }
        texts = {section["section"]: section["text"] for section in exported["sections"]}
        for section in exported["sections"]:
            begin, end = section["document_span"]
            expect(end - begin == len(section["text"].encode()), "a section's text is not as long as its span")
        for kind in KINDS:
            check(exported[kind], texts, kind)
        for section in exported["sections"]:
            expect(
                section["coverage"] is None or 0.85 <= float(section["coverage"]) <= 1,
                f"coverage of {section['title']}: {section['coverage']}",
            )

        counted, _ = run("findings", "--data-dir", data, "--count")
        expect(f"{len(exported['findings'])} findings" in counted, counted)
        worst, _ = run("findings", "--data-dir", data, "--severity", "warning", "--count")
        for line in worst.splitlines()[:-1][:5]:
            expect("  " + line in summary, f"the summary does not show {line}:\n{summary}")
        listed, _ = run("findings", "--data-dir", data)
        expect(len(listed.splitlines()) == len(exported["findings"]), listed)
        price = next(record for record in exported["prices"] if record["where"] == "table" and record["repaired"])
        explained, _ = run("explain", price["id"], "--data-dir", data)
        for part in (
            price["id"],
            f"⟦{price['as_printed']}⟧",
            f"⟦{price['value']}⟧",
            price["repaired"],
            "name-repaired        noted",
            "row-change           passed",
        ):
            expect(part in explained, f"explain does not show {part}:\n{explained}")
        # A section: every one can be explained by its id, and what is printed is what it has.
        for section in exported["sections"][:: max(1, len(exported["sections"]) // 8)]:
            said, _ = run("explain", "--section", section["section"], "--data-dir", data)
            begin, end = section["document_span"]
            for part in (
                section["section"],
                f"[{begin},{end})",
                section["title"],
                f"category: {section['category']}, ",
            ):
                expect(part in said, f"explain --section does not show {part}:\n{said}")
            expect("\nbegins " in said and "\ntitle: " in said, said)

    # A price that no rule can read is listed with its position, and the coverage of its section is lower.
    sample = (SOURCE / "ops" / "samples" / "2023-09-ocr-markup.md").read_text()
    spoilt = folder / "spoilt.md"
    spoilt.write_text(sample.replace("9月份，中钇富", "据了解，某产品报价为77.35万元/吨。9月份，中钇富", 1))
    expect(spoilt.read_text() != sample, "the sample does not contain this sentence")
    run("ingest", spoilt, "--data-dir", folder / "spoilt")
    unread, _ = run("findings", "--check", "unread", "--data-dir", folder / "spoilt")
    expect(unread.count("\n") == 1 and "price-like" in unread and "77.35" in unread, unread)
    sections = [json.loads(line) for line in run("export", "sections", "--data-dir", folder / "spoilt")[0].splitlines()]
    less = [section for section in sections if section["coverage"] is not None and float(section["coverage"]) < 1]
    expect(len(less) == 1 and less[0]["category"] == "market", str(less))
    place = next(
        json.loads(line)
        for line in run("export", "findings", "--data-dir", folder / "spoilt")[0].splitlines()
        if "77.35" in line
    )
    ((begin, end),) = place["provenance"]["spans"]["printed"]
    expect(
        less[0]["section"] == place["provenance"]["section"] and less[0]["text"].encode()[begin:end] == b"77.35",
        str(place),
    )

    run("findings", "--data-dir", data, "--check", "no-such-check", code=64)
    run("explain", "--section", "0" * 16, "--data-dir", data, code=66)
    run("explain", "--section", "0", "--data-dir", data, code=64)
    run("explain", "--data-dir", data, code=64)
    run("explain", "0" * 32, "--data-dir", data, code=66)
    print("every value is at its spans")
