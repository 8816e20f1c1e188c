#!/usr/bin/env python3
"""Documents that a feed could bring: each row is one file and its stated answer, which is an issue's label or the reason
why it is rejected. All rows are in one folder with a sound bulletin: whatever they are, the sound one is published and
exported as if it were alone, every export is readable, and nothing reaches a terminal raw.

    documents.py           runs the table
    documents.py --rows    prints its rows, for the runbook
"""
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

TITLE = "离子型稀土信息简报"
ARTICLES = (
    "行业动态\n\n稀土甲矿完成环境治理\n\n甲矿在今年完成了环境治理，恢复了植被，建立了监测制度。\n\n（来源：甲报）\n\n"
    "市场行情\n\n2031年2月稀土价格走势\n\n2月，氧化镨钕均价为52.24万元/吨，环比上涨6.5%。\n\n（来源：中国稀土行业协会）\n\n"
    "政策法规\n\n某部发布稀土管理办法\n\n某部日前发布《稀土管理办法》，自公布之日起施行，对开采和分离作出规定。\n\n（来源：丙部）\n"
)
NO_ISSUE, EMPTY, BINARY, ENCODING = "no-issue-number", "empty", "binary", "unknown-encoding"
NO_BULLETIN = "no-bulletin"


def bulletin(number, cover=None, articles=ARTICLES, title=TITLE):
    cover = f"2031年 第{number:02d}期" if cover is None else cover
    return f"{title}\n\n{cover}\n\n{articles}"


def rows():
    """(name, bytes, answer)."""
    number = iter(range(1, 100))

    def good(name, change):
        """A bulletin of its own number, changed."""
        n = next(number)
        text = change(bulletin(n))
        return name, text if isinstance(text, bytes) else text.encode(), f"2031-{n:02d}"

    # A damaged year is not filled in from elsewhere on the page.
    elsewhere = "\n\n2029年12月31日出版\n\n见本刊2029年第12期。"
    for damaged in (
        "2O31年 第90期", "20311年 第90期", "Z031年 第90期", "年 第90期", "12031年 第90期", "2031年 第期",
        "二O三一年 第90期", "2031年 第900期", "2031年 第00期", "0031年 第90期", "2031 90", "", "３年 第90期",
    ):  # fmt: skip
        yield f"cover: {damaged or 'blank'}", bulletin(90, damaged + elsewhere).encode(), NO_ISSUE
    # Number and year may stand on lines of their own.
    yield "cover: 第90期 above 2029年12月31日", bulletin(90, "第90期" + elsewhere).encode(), "2029-90"
    header = f"{TITLE} 2031年第91期\n\n"
    for damaged in ("2O31年 第91期", "Z031年 第91期", "年 第91期"):
        articles = ARTICLES.replace("市场行情\n", header + "市场行情\n").replace("政策法规\n", header + "政策法规\n")
        yield f"cover: {damaged}, running headers sound", bulletin(91, damaged, articles).encode(), "2031-91"

    # Character sets and bytes.
    yield "no byte", b"", EMPTY
    yield "a byte order mark alone", b"\xef\xbb\xbf", EMPTY
    yield "white space", " \n\t　\r\n".encode(), EMPTY
    yield "NUL bytes", bytes(4096), BINARY
    yield "every byte", bytes(range(256)) * 64, BINARY
    yield "an ELF program", b"\x7fELF\x02\x01\x01" + bytes(200) + bytes(range(256)) * 20, BINARY
    yield "a PNG", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, BINARY
    yield "a gzip file", b"\x1f\x8b\x08\x00" + bytes(range(256)) * 20, BINARY
    yield "a ZIP file", b"PK\x03\x04\x14\x00" + bytes(range(256)) * 20, BINARY
    yield good("UTF-8 with a byte order mark", lambda text: b"\xef\xbb\xbf" + text.encode())
    yield good("UTF-16, little end first", lambda text: b"\xff\xfe" + text.encode("utf-16-le"))
    yield good("UTF-16, big end first", lambda text: b"\xfe\xff" + text.encode("utf-16-be"))
    yield good("GB18030", lambda text: text.encode("gb18030"))
    yield good("GBK", lambda text: text.encode("gbk"))
    yield good("line ends CR LF", lambda text: text.replace("\n", "\r\n"))
    yield "line ends CR", bulletin(97).replace("\n", "\r").encode(), NO_ISSUE
    yield good("line ends mixed", lambda text: text.replace("\n\n", "\r\n\n", 3))
    yield good("a NUL in the text", lambda text: text.replace("植被", "植\x00被"))
    yield "a byte that is no UTF-8", bulletin(98).encode().replace("植被".encode(), b"\xff\xe6\xa4"), ENCODING
    yield good("half a character at the end", lambda text: text.encode() + b"\xe6\xa4")
    yield good("an odd byte at the end of UTF-16", lambda text: b"\xff\xfe" + text.encode("utf-16-le") + b"\n")
    yield good("private use characters", lambda text: text.replace("植被", "\ue000\uf8ff植被"))
    yield good("characters beyond the basic plane", lambda text: text.replace("植被", "𠮷𝟏🀄植被"))
    yield good("combining marks", lambda text: text.replace("植被", "植\u0301\u0302\u0303被"))
    yield good("zero-width characters", lambda text: text.replace("植被", "植\u200b\ufeff\u2060被"))
    yield good("compatibility characters", lambda text: text.replace("第", "⾫".replace("⾫", "第")).replace("稀土", "稀⼟"))

    # What a terminal, a spreadsheet or a browser would run is content.
    for name, text in (
        ("ESC", "\x1b]0;owned\x07\x1b[31m红"),
        ("C1", "\u009b31m红"),
        ("bidirectional", "\u202egnp.exe\u202c"),
        ("a formula", "=cmd|' /C calc'!A0"),
        ("a formula with @", "@SUM(1+1)*cmd|' /C calc'!A0"),
        ("a script", "<script>alert(1)</script>"),
        ("an SQL fragment", "'); DROP TABLE prices_row; --"),
        ("a format string", "%s%s%n {} {0} ${HOME} `id` $(id)"),
        ("a path", "../../../../etc/passwd"),
        ("a JSON fragment", '","price":"1"}],"x":["\\'),
    ):
        yield good(f"title: {name}", lambda text, t=text: text.replace("稀土甲矿完成", f"稀土{t}甲矿完成"))
        yield good(f"body: {name}", lambda text, t=text: text.replace("恢复了植被", f"恢复了{t}植被"))
        yield good(f"source: {name}", lambda text, t=text: text.replace("（来源：甲报）", f"（来源：{t}甲报）"))

    # Shape.
    yield "one line of 2 MB", bulletin(99, articles=ARTICLES.replace("植被", "植被，" * 200_000)).encode(), "too-large"
    yield good("10,000 blank lines", lambda text: text.replace("\n\n", "\n" * 10_000, 1))
    yield good("5,000 open brackets", lambda text: text.replace("植被", "（" * 5_000 + "植被"))
    yield good("5,000 nested tables", lambda text: text.replace("植被", "<table><tr><td>" * 5_000 + "植被"))
    yield good("5,000 headings", lambda text: text.replace("植被。", "植被。\n\n" + "# 标题\n" * 5_000))
    yield good("20,000 unread prices", lambda text: text.replace("植被", "价格12.3万元/吨，" * 20_000))
    yield good("a number of 100,000 digits", lambda text: text.replace("52.24", "5" * 100_000))
    yield good("a number with a thousand commas", lambda text: text.replace("52.24", "5," * 1_000 + "2"))
    yield good("2,000 source marks", lambda text: text + "（来源：丁报）\n\n" * 2_000)
    yield good("a source mark that never closes", lambda text: text.replace("（来源：丙部）", "（来源：丙部" + "部" * 50_000))
    yield good("the text twice", lambda text: text + "\n\n" + text)
    with_contents = bulletin(93).replace("行业动态\n", "目录\n\n行业动态\n\n稀土甲矿完成环境治理\n\n行业动态\n", 1)
    yield "the covers of two issues", (bulletin(92) + "\n\n" + with_contents).encode(), ("2031-92", "2031-93")
    yield "no article", f"{TITLE}\n\n2031年 第94期\n".encode(), NO_BULLETIN
    yield "another trade", bulletin(95, title="煤炭信息简报").replace("稀土", "煤炭").encode(), NO_BULLETIN
    yield "a program", ("int main() { return 0; }  // 离子型稀土信息简报 2031年第96期\n" * 40).encode(), NO_BULLETIN
    yield "a novel", ("从前有一座山，山里有一座庙。\n" * 400).encode(), NO_BULLETIN


if "--rows" in sys.argv:
    for name, _, answer in rows():
        answer = "published" if answer[0] in "2(" or isinstance(answer, tuple) else f"rejected: {answer}"
        print(f"{name}\t{answer}")
    sys.exit(0)

from ytterby_test import HARMFUL, SOURCE, Folder, expect, export_all, run

SOUND = "2023-09"

with Folder() as folder:
    sample = SOURCE / "ops" / "samples" / "2023-09-ocr-markup.md"
    run("ingest", sample, "--data-dir", folder / "alone")
    alone = export_all(folder / "alone", folder / "alone-out")
    place = folder / "documents"
    place.mkdir()
    (place / sample.name).write_bytes(sample.read_bytes())
    table = list(rows())
    for number, (_, content, _) in enumerate(table):
        (place / f"{number:03d}.txt").write_bytes(content)
    out, err = run("ingest", place, "--data-dir", folder / "data", code=65, timeout=600)
    exports = export_all(folder / "data", folder / "out")
    lines = {name: [json.loads(line) for line in text.decode().splitlines()] for name, text in exports.items()}
    rejected = {}
    for line in out.splitlines():
        if line.startswith("  rejected "):
            name, reason = line.removeprefix("  rejected ").split(": ")[:2]
            rejected[name] = reason
    issues = {record["issue"] for record in lines["sections.ndjson"]}
    wrong = []
    for number, (name, _, answer) in enumerate(table):
        file = f"{number:03d}.txt"
        got = rejected.get(file, "published")
        expected = answer if isinstance(answer, str) and not answer.startswith("20") else "published"
        if got != expected:
            wrong.append(f"{name}: {got}, not {expected}")
        for label in (answer,) if isinstance(answer, str) else answer:
            if label.startswith("20") and label not in issues:
                wrong.append(f"{name}: {label} has no section")
    # Nothing was filed under a year that only stands elsewhere on a page.
    stray = {label for label in issues if not label.startswith("2031-")} - {SOUND, "2029-90"}
    if stray:
        wrong.append(f"filed under {stray}")
    for name, text in alone.items():
        before = [json.loads(line) for line in text.decode().splitlines()]
        if [record for record in lines[name] if record["issue"] == SOUND] != before:
            wrong.append(f"{name}: the sound issue is exported differently")
    texts = [out, err]
    for command in (["status"], ["findings"], ["findings", "--count"], ["dead-letters", "list"]):
        texts.append(run(*command, "--data-dir", folder / "data")[0])
    for record in [record for record in lines["sections.ndjson"] if "甲矿" in record["title"]]:
        texts.append(run("explain", record["id"], "--data-dir", folder / "data")[0])
    if any(harm in text for harm in HARMFUL for text in texts):
        wrong.append("a control character reaches the terminal")
    table_text, _ = run("export", "sections", "--format", "csv", "--data-dir", folder / "data")
    if any(f",{sign}" in table_text or f',"{sign}' in table_text for sign in ("=cmd", "@SUM")):
        wrong.append("a spreadsheet would run a cell")
    expect(not wrong, f"{len(wrong)} of {len(table)} rows:\n" + "\n".join(wrong))
    print(f"{len(table)} hostile documents, each with its stated answer")
