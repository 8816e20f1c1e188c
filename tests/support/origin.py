"""A web server on loopback whose pages a test changes while it runs."""
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Origin:
    """Serves `pages`: path to bytes, or to (status, headers, bytes). Bytes get an ETag; a matching request gets 304."""

    def __init__(self):
        self.pages, self.requests = {}, []
        origin = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                origin.requests.append((self.path, self.headers))
                page = origin.pages.get(self.path, (404, {}, b""))
                if isinstance(page, bytes):
                    page = (200, {"ETag": f'"{hash(page):x}"'}, page)
                status, headers, body = page
                if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                    status, body = 304, b""
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 304:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def url(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.server.server_address[1]}{path}"

    def asked(self, path):
        """The headers of each request for the path so far."""
        return [headers for asked, headers in list(self.requests) if asked == path]
