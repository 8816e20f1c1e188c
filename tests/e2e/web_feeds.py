#!/usr/bin/env python3
"""`ytterby run` watches five feeds of different kinds, one of them hostile, through a correction, a link that goes away,
a feed that dies and a kill -9. Store, metrics and status tell exactly that; the feeds commands say what is so."""
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from daemon import Daemon
from origin import Origin
from ytterby_test import SOURCE, Folder, expect, expect_same, export_all, run, synthesize, until

SAMPLES = SOURCE / "ops" / "samples"


def configuration(folder, origin, inbox):
    return f"""
data_dir: {folder}/data
http: {{listen: '127.0.0.1:0'}}
contact: mailto:ops@example.com
feeds:
  - {{name: inbox, directory: {inbox}, settle_ms: 50}}
  - {{name: bulletins, index: '{origin.url("/list/")}', links: '\\.txt$', titles: 简报, interval_s: 10, recheck_s: 10,
      allow_hosts: [127.0.0.1]}}
  - {{name: news, syndication: '{origin.url("/feed.xml")}', interval_s: 10, recheck_s: 10, allow_hosts: [127.0.0.1]}}
  - {{name: fixed, urls: ['{origin.url("/fixed.md")}'], interval_s: 10, allow_hosts: [127.0.0.1]}}
  - {{name: hostile, index: '{origin.url("/evil/")}', links: 'doc', interval_s: 10, recheck_s: 10,
      allow_hosts: [127.0.0.1]}}
"""


class WebDaemon(Daemon):
    def __init__(self, folder, config):
        self.folder, self.log, self.config, self.flags = folder, folder / "log", config, ()
        self.start("run")


with Folder() as folder, Origin() as origin:
    made = sorted(synthesize(folder / "made", 4, 15000).iterdir())
    first, second, third, corrected = [path.read_bytes() for path in made]
    inbox = folder / "inbox"
    inbox.mkdir()
    (inbox / made[0].name).write_bytes(first)
    pages = origin.pages
    pages["/list/"] = '<a href="a.txt">稀土简报 2</a> <a href="note.txt">通知</a> <a href="x.html">简报</a>'.encode()
    pages["/list/a.txt"] = second
    pages["/feed.xml"] = (
        f'<rss version="2.0"><channel><item><title>3</title><link>{origin.url("/b.txt")}</link>'
        "<pubDate>Mon, 01 Jan 2024 00:00:00 GMT</pubDate></item></channel></rss>"
    ).encode()
    pages["/b.txt"] = third
    pages["/fixed.md"] = (SAMPLES / "2023-09-ocr-markup.md").read_bytes()
    pages["/evil/"] = (
        f'<a href="doc-loop">x</a><a href="{origin.url("/doc-inside", "localhost")}">x</a>'
        '<a href="http://169.254.169.254/doc">x</a><a href="http://[::1]/doc">x</a><a href="doc-noise">x</a>'
        '<a href="file:///doc">x</a><a href="doc-moved">x</a>'
    ).encode()
    pages["/evil/doc-loop"] = (302, {"Location": "doc-loop"}, b"")
    pages["/evil/doc-moved"] = (302, {"Location": "http://10.0.0.1/doc"}, b"")
    pages["/evil/doc-noise"] = bytes(range(256)) * 40
    pages["/doc-inside"] = b"secret"
    config = folder / "config.yaml"
    config.write_text(configuration(folder, origin, inbox))

    # What would be taken, before anything runs.
    checked = [json.loads(line) for line in run("feeds", "check", "--config", config, "--json")[0].splitlines()]
    whys = {one["url"]: one["why"] for one in checked if one["feed"] == "bulletins"}
    expect(
        whys
        == {
            origin.url("/list/a.txt"): None,
            origin.url("/list/note.txt"): "its text does not match `titles`",
            origin.url("/list/x.html"): "does not match `links`",
        },
        whys,
    )
    expect(not (folder / "data").exists(), "feeds check left a data folder")
    said = run("feeds", "check", "bulletins", "--config", config)[0]
    expect("1 of 3 links would be taken" in said, said)
    run("feeds", "check", "nobody", "--config", config, code=66)
    said = run("feeds", "explain", origin.url("/list/a.txt"), "--config", config)[0]
    expect("127.0.0.1 (loopback): allowed by allow_hosts" in said and "would be taken" in said, said)
    said = run("feeds", "explain", origin.url("/doc-inside", "localhost"), "--config", config, code=69)[0]
    expect("(loopback): refused" in said and "would not be fetched" in said, said)
    origin.requests.clear()

    daemon = WebDaemon(folder, config)
    published = lambda feed: daemon.metric(f'ytterby_documents_total{{feed="{feed}",outcome="published"}}') or 0
    for feed in ("inbox", "bulletins", "news", "fixed"):
        until(f"{feed} publishes nothing", lambda: published(feed) == 1, daemon.process, daemon.log)
    until(
        "the noise is not rejected",
        lambda: daemon.metric('ytterby_documents_total{feed="hostile",outcome="rejected"}') == 1,
        daemon.process,
        daemon.log,
    )
    expect(not origin.asked("/doc-inside"), "a page at a private address was fetched")
    expect(published("hostile") == 0, "a hostile page was published")
    for words in ("169.254.169.254, a metadata address", "10.0.0.1, a private address", "more than 5 redirects"):
        daemon.await_line(words)
    daemon.await_ready()
    agent = origin.asked("/list/")[0]["User-Agent"]
    expect(agent.startswith("ytterby/") and agent.endswith("(+mailto:ops@example.com)"), agent)

    # A correction, a link that goes away, a feed that dies, and a kill in the middle of it.
    daemon.kill()
    pages["/list/a.txt"] = second + "\n附记\n".encode()
    pages["/list/"] = '<a href="c.txt">稀土简报 4</a> <a href="a.txt">稀土简报 2</a>'.encode()
    pages["/list/c.txt"] = corrected
    pages["/feed.xml"] = (410, {}, b"")
    daemon = WebDaemon(folder, config)
    until("the correction and the new issue", lambda: published("bulletins") == 2, daemon.process, daemon.log)
    until("the dead feed", lambda: daemon.up("feed news") == 0, daemon.process, daemon.log)
    ready, checks = daemon.checks()
    expect(not ready and "HTTP 410" in checks["feed news"] and "(gone)" in checks["feed news"], checks)
    status = json.loads(run("status", "--config", config, "--json")[0])
    states = {one["feed"]: one["state"] for one in status["feeds"]}
    expect(
        states == {"inbox": "quiet", "bulletins": "quiet", "news": "failing", "fixed": "quiet", "hostile": "quiet"},
        states,
    )
    by_name = {one["feed"]: one for one in status["feeds"]}
    expect(by_name["news"]["next_poll_reason"] == "gone" and "HTTP 410" in by_name["news"]["trouble"], by_name["news"])
    expect(by_name["hostile"]["pages_failing"] == 5, by_name["hostile"])
    expect(daemon.metric('ytterby_feed_failures{feed="news"}') >= 1, "no failure is counted")
    said = run("status", "--config", config)[0]
    expect("news (" in said and "failing; newest document 2" in said and "(gone)" in said, said)
    daemon.stop()
    exported = export_all(folder / "data", folder / "out")

    # The same documents from a folder give the same records.
    plain = folder / "plain"
    plain.mkdir()
    for name, text in (
        ("1", first),
        ("2", pages["/list/a.txt"]),
        ("3", third),
        ("4", corrected),
        ("5", pages["/fixed.md"]),
    ):
        (plain / name).write_bytes(text)
    run("ingest", plain, "--data-dir", folder / "calm")
    calm = export_all(folder / "calm", folder / "calm-out")
    calm.pop("findings.ndjson"), exported.pop("findings.ndjson")  # these name the deliveries
    expect(len(calm["prices.ndjson"].splitlines()) > 50, "the documents have no prices")
    expect_same(exported, calm, "from the web and from a folder")

    # An unchanged source costs one conditional request.
    conditional = [headers for headers in origin.asked("/fixed.md") if headers["If-None-Match"]]
    expect(conditional, "the unchanged document was fetched whole again")
    ledger = [
        json.loads(line) for line in run("feeds", "ledger", "--data-dir", folder / "data", "--json")[0].splitlines()
    ]
    own = next(one for one in ledger if one["host"] == "127.0.0.1")
    expect(own["not_modified"] > 0 and own["bytes_saved"] > 0 and own["requests"] > own["not_modified"], own)
    run("feeds", "ledger", "--data-dir", folder / "nothing", code=66)
    print(
        f"five feeds on one loop: {own['requests']} requests, {own['not_modified']} of them conditional ones without a body"
    )
