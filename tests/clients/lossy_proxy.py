"""A link that loses answers: lossy_proxy.py URL CA TLS_FOLDER URL_FILE LOG_FILE.

It passes requests on, and shows the server's own certificate. The first time that a caller PUTs, PATCHes or DELETEs
something, the server does it, but instead of its answer the caller gets a closed connection. Each write is one line of
JSON in the log: method, path, the caller's name, x-ms-client-request-id, status, lost.
"""

import http.client
import http.server
import json
import os
import ssl
import sys
import urllib.parse

url, ca, tls_folder, url_file, log_file = sys.argv[1:]
host = urllib.parse.urlsplit(url)
trust = ssl.create_default_context(cafile=ca)
seen = set()
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP}
        upstream = http.client.HTTPSConnection(host.hostname, host.port, timeout=20, context=trust)
        upstream.request(self.command, self.path, body=body, headers=headers)
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        caller = self.headers.get("authorization")
        write = self.command in ("PUT", "PATCH", "DELETE")
        lost = write and (self.command, self.path, caller) not in seen
        if write:
            seen.add((self.command, self.path, caller))
            with open(log_file, "a") as log:
                line = {
                    "method": self.command,
                    "path": self.path.split("?")[0],
                    "agent": self.headers.get("user-agent"),
                    "id": self.headers.get("x-ms-client-request-id"),
                    "status": answer.status,
                    "lost": lost,
                }
                log.write(json.dumps(line) + "\n")
        if lost:
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_PATCH = do_DELETE = do_POST = pass_on

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{tls_folder}/server.pem", f"{tls_folder}/server.key")
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
with open(url_file + ".new", "w") as file:
    file.write(f"https://127.0.0.1:{server.server_address[1]}")
os.rename(url_file + ".new", url_file)
server.serve_forever()
