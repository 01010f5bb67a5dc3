"""A simulated organization over TLS, for the cases that measure what goes over the network."""

import json
import os
import ssl
import subprocess
import urllib.request

ORGANIZATION = "1b2c3d4e-0000-4000-8000-0000000000aa"


class Simulator:
    """Each answer takes `latency_ms`; `rate`: calls a second that it allows, all together."""

    def __init__(self, bench, seed, latency_ms=0, rate=None):
        self.ca = bench.folder / "ca.pem"
        self.process = subprocess.Popen(
            [bench.program("rolecall"), "simulate", "--listen", "127.0.0.1:0", "--seed", seed,
             "--tls", "--ca-out", self.ca], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[2]
        faults = {"rules": []}
        if latency_ms:
            faults["rules"].append({"action": {"delay_ms": round(latency_ms)}})
        if rate:
            faults["rate_limit"] = {"total": {"limit": rate, "window_ms": 1000}}
        try:
            self.ask("PUT", "faults", json.dumps(faults).encode())
        except Exception:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def ask(self, method, what, body=None):
        request = urllib.request.Request(
            self.url.removesuffix("/admin") + "/_simulator/" + what, body, method=method)
        context = ssl.create_default_context(cafile=self.ca)
        with urllib.request.urlopen(request, context=context) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def forget_requests(self):
        self.ask("DELETE", "requests")

    def counts(self):
        return self.ask("GET", "counts")

    def refused(self):
        """Calls so far that were answered 429."""
        return sum(one["status"] == 429 for one in self.ask("GET", "requests"))

    def environment(self):
        return dict(os.environ, ROLECALL_API_URL=self.url, ROLECALL_API_KEY="k",
                    ROLECALL_CA_FILE=str(self.ca))
