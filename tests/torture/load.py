"""Load from a process of its own, so that an attack's own work does not slow it.

Its argument is a JSON object: "address", "api" (folder of the generated classes), "model", "rows"
and "columns" of each call, "seconds"; one of "rate" (calls a second, whether answers come or not),
"in_flight" (calls) and "pause" (seconds between calls, one at a time); "deadline" in seconds;
"health" to ask for the health before each call; "alphas" to give each call another significance;
"patience", how many seconds to wait for the last answers. Calls Score on one connection and prints
what came of it. Ends early when its standard input closes.
"""

import collections
import json
import sys
import threading
import time

import grpc

import clients


def quantile(values, share):
    if not values:
        return None
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


class Load:
    """Counts the outcomes of calls and keeps how long they took, in seconds."""

    def __init__(self, options):
        self.options = options
        self.codes = collections.Counter()
        self.seconds = {}  # by code
        self.finished_at = []  # of the calls that succeeded, since the start
        self.begin = time.monotonic()
        self.open = 0
        self.changed = threading.Condition()
        self.client = clients.Client(options["address"])
        request = clients.score_request(options["model"], options["rows"],
                                        options.get("columns", 12))
        self.requests = [request.SerializeToString()]
        if options.get("alphas"):
            self.requests = [self._with_alpha(request, i) for i in range(1, 1000)]
        self.score = self.client.call(clients.DETECTOR + "Score")
        self.stopping = threading.Event()

    @staticmethod
    def _with_alpha(request, thousandths):
        request.alpha = thousandths / 1000
        return request.SerializeToString()

    def start(self):
        request = self.requests[sum(self.codes.values()) % len(self.requests)]
        began = time.monotonic()
        call = self.score.future(request, timeout=self.options.get("deadline"))
        with self.changed:
            self.open += 1
        call.add_done_callback(lambda done: self._done(done, began))

    def _done(self, call, began):
        now = time.monotonic()
        code = call.code().name
        with self.changed:
            self.codes[code] += 1
            self.seconds.setdefault(code, []).append(now - began)
            if code == "OK":
                self.finished_at.append(now - self.begin)
            self.open -= 1
            self.changed.notify()

    def run(self):
        end = self.begin + self.options["seconds"]
        if rate := self.options.get("rate"):
            self._open_loop(rate, end)
        elif in_flight := self.options.get("in_flight"):
            while time.monotonic() < end and not self.stopping.is_set():
                with self.changed:
                    self.changed.wait_for(lambda: self.open < in_flight, 1)
                    free = in_flight - self.open
                for _ in range(free):
                    self.start()
        else:
            while time.monotonic() < end and not self.stopping.is_set():
                if self.options.get("health") and not self.client.is_serving(10):
                    self.codes["not serving"] += 1
                self.start()
                with self.changed:
                    self.changed.wait_for(lambda: not self.open, 60)
                self.stopping.wait(self.options["pause"])
        self.sent_for = time.monotonic() - self.begin
        with self.changed:
            self.changed.wait_for(lambda: not self.open, self.options.get("patience", 20))

    def _open_loop(self, rate, end):
        sent = 0
        while (now := time.monotonic()) < end and not self.stopping.is_set():
            while sent < (now - self.begin) * rate:
                self.start()
                sent += 1
            time.sleep(0.001)

    def result(self):
        ok = self.seconds.get("OK", [])
        # What the server took on: all that it did not refuse.
        accepted = [time for code, times in self.seconds.items()
                    if code != "RESOURCE_EXHAUSTED" for time in times]
        within = sum(at <= self.options["seconds"] for at in self.finished_at)
        return {"codes": dict(self.codes), "unanswered": self.open,
                "goodput": within / self.options["seconds"],
                "sent": sum(self.codes.values()) + self.open, "sent_for": self.sent_for,
                "median": quantile(ok, 0.5), "p99": quantile(ok, 0.99),
                "max": max(ok, default=None),
                "accepted_p99": quantile(accepted, 0.99),
                "longest": max((max(times) for times in self.seconds.values()), default=None)}


def main():
    options = json.loads(sys.argv[1])
    clients.use_api(options["api"])
    load = Load(options)
    load.score.future(load.requests[0], timeout=30).exception()  # the connection stands
    load.begin = time.monotonic()
    print("started", flush=True)

    def stop_at_end():
        sys.stdin.read()
        load.stopping.set()

    threading.Thread(target=stop_at_end, daemon=True).start()
    load.run()
    print(json.dumps(load.result()), flush=True)


if __name__ == "__main__":
    try:
        main()
    except (grpc.RpcError, KeyboardInterrupt) as error:
        sys.exit(str(error))
