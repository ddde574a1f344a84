#!/usr/bin/env python3
"""Owns a fake token provider on loopback for measurements; it checks no password and keeps no secret.

It is an OIDC provider (discovery, refresh, password, client credentials) and CrashPlan's
POST /api/v3/oauth/token?grant_type=client_credentials, and counts what it is asked.

  fakeprovider.py [--port 0] [--tls CERT KEY] [--expires 900] [--delay-ms 0] [--size 1024]

Its first line of output is its port; it listens from then on. GET /_stats gives {"token": N, "max_parallel": M,
...}; POST /_set?expires=S&delay_ms=D&fail=STATUS changes the answers (fail=0: none); POST /_reset zeroes the
counts. Standard library only.
"""
import argparse
import json
import ssl
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN_PATHS = ("/token", "/api/v3/oauth/token")
NOTHING = {"token": 0, "discovery": 0, "other": 0, "parallel": 0, "max_parallel": 0, "connections": 0}


def discovery(issuer):
    return {
        "issuer": issuer,
        "authorization_endpoint": issuer + "auth",
        "token_endpoint": issuer + "token",
        "userinfo_endpoint": issuer + "userinfo",
        "jwks_uri": issuer + "jwks",
        "revocation_endpoint": issuer + "revoke",
        "scopes_supported": ["openid", "offline_access", "profile"],
        "response_types_supported": ["code", "token"],
        "grant_types_supported": ["authorization_code", "refresh_token", "password", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }


class Provider(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, options):
        super().__init__(("127.0.0.1", options.port), Answer)
        self.settings = {"expires": options.expires, "delay_ms": options.delay_ms, "fail": 0}
        self.size = options.size
        self.lock = threading.Lock()
        self.stats = dict(NOTHING)
        self.issuer = f"{'https' if options.tls else 'http'}://localhost:{self.server_port}/"

    def count(self, name, step=1):
        with self.lock:
            self.stats[name] += step
            self.stats["max_parallel"] = max(self.stats["max_parallel"], self.stats["parallel"])
            return self.stats[name]


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self):
        super().setup()
        self.server.count("connections")

    def log_message(self, *_):
        pass

    def send_json(self, body, status=200):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        self.wfile.flush()

    def send_not_found(self):
        self.server.count("other")
        self.send_json({"error": "not_found"}, 404)

    def do_GET(self):
        path = urllib.parse.urlparse(self.path).path
        if path == "/_stats":
            self.send_json(self.server.stats)
        elif path.endswith("/.well-known/openid-configuration"):
            self.server.count("discovery")
            self.send_json(discovery(self.server.issuer))
        else:
            self.send_not_found()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urllib.parse.urlparse(self.path)
        if url.path == "/_reset":
            self.server.stats.update(NOTHING)
            self.send_json({})
        elif url.path == "/_set":
            for name, values in urllib.parse.parse_qs(url.query).items():
                self.server.settings[name] = float(values[0])
            self.send_json(self.server.settings)
        elif url.path in TOKEN_PATHS:
            self.send_token(url.path == "/token")
        else:
            self.send_not_found()

    def send_token(self, oidc):
        settings = self.server.settings
        serial = self.server.count("token")
        self.server.count("parallel")
        time.sleep(settings["delay_ms"] / 1000)
        self.server.count("parallel", -1)
        if settings["fail"]:
            self.send_json({"error": "temporarily_unavailable"}, int(settings["fail"]))
            return
        filling = "abcdefghijklmnopqrstuvwxyz012345" * (self.server.size // 32 + 1)
        body = {
            "access_token": f"tok{serial:08d}.{filling}"[: self.server.size - 1],
            "token_type": "bearer",
            "expires_in": int(settings["expires"]),
        }
        if oidc:
            body.update(refresh_token="rt-1", scope="openid offline_access")
        self.send_json(body)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--expires", type=int, default=900)
    parser.add_argument("--delay-ms", type=float, default=0)
    parser.add_argument("--size", type=int, default=1024)
    options = parser.parse_args()
    provider = Provider(options)
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*options.tls)
        provider.socket = context.wrap_socket(provider.socket, server_side=True, do_handshake_on_connect=False)
    print(provider.server_port, flush=True)
    provider.serve_forever()


main()
