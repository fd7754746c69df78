#!/usr/bin/python3
"""What Prometheus and Grafana are told to ask for, asked of real servers under load.

usage: monitoring_test.py FOLDER_OF_PROGRAMS

Exits with 77 when Prometheus or a Python package that it needs is not installed.
"""

import re
import shutil
import subprocess
import sys
import unittest

try:
    import grpc
    import yaml
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

import dashboard
import stack

RULES = stack.ROOT / "deploy" / "prometheus"
VARIABLES = {"$__rate_interval": "5s", "$__range": "1m", "$instance": ".*", "$model": "pump",
             "$job": "advae"}


def parse_page(text):
    """name -> (type, help, label sets of its series) of a page in the text format."""
    families = {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, description = line[len("# HELP "):].split(" ", 1)
            families[name] = ["", description, []]
        elif line.startswith("# TYPE "):
            name, kind = line[len("# TYPE "):].split(" ")
            families[name][0] = kind
        else:
            series = re.match(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ", line)
            labels = dict(re.findall(r'(\w+)="([^"]*)"', series[2] or ""))
            families[name][2].append(labels)
    return families


def code_cells(markdown, heading=None):
    """The rows of a document's first table after `heading`, as lists of cells."""
    text = markdown.split(heading, 1)[1] if heading else markdown
    table = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)[0]
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")]
            for line in table.splitlines()]
    return rows[2:]


def names_in(cell):
    return re.findall(r"`([^`]+)`", cell)


def rules(file):
    return [rule for group in yaml.safe_load((RULES / file).read_text())["groups"]
            for rule in group["rules"]]


def selectors(expression):
    """The series that an expression reads, as selectors without their ranges."""
    return re.findall(r"\b(?:advae_\w+|process_\w+|up|[a-z_]+:advae_\w+(?::\w+)?)\b(?:\{[^}]*\})?",
                      re.sub(r"#.*", "", expression))


class DocumentsTest(unittest.TestCase):
    """Without a server."""

    def test_runbook_has_a_section_for_each_alert_and_no_other(self):
        alerts = rules("alerts.yml")
        sections = re.findall(r"^## (\w+)$", (stack.ROOT / "docs/RUNBOOK.md").read_text(), re.M)
        self.assertCountEqual([alert["alert"] for alert in alerts], sections)
        for alert in alerts:
            self.assertEqual(alert["annotations"]["runbook"],
                             f"docs/RUNBOOK.md#{alert['alert'].lower()}")

    def test_each_alert_has_a_test_that_fires_it(self):
        tests = yaml.safe_load((RULES / "alerts_test.yml").read_text())["tests"]
        fired = {case["alertname"] for test in tests for case in test["alert_rule_test"]
                 if case.get("exp_alerts")}
        self.assertEqual(fired, {alert["alert"] for alert in rules("alerts.yml")})

    def test_promtool_accepts_the_rules_and_their_tests(self):
        for command in (["check", "rules", "recording.yml", "alerts.yml"],
                        ["test", "rules", "alerts_test.yml"]):
            with self.subTest(command[0]):
                run = subprocess.run(["promtool", *command], cwd=RULES, capture_output=True,
                                     text=True)
                self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_recording_rules_are_documented(self):
        metrics = (stack.ROOT / "docs/METRICS.md").read_text()
        documented = [name for row in code_cells(metrics, "## Recording rules")
                      for name in names_in(row[0])]
        self.assertCountEqual(documented, [rule["record"] for rule in rules("recording.yml")])

    def test_dashboard_is_described(self):
        whole = dashboard.load()
        self.assertEqual({variable["name"] for variable in whole["templating"]["list"]},
                         {"datasource", "job", "instance", "model"})
        self.assertEqual([title for title, _ in dashboard.rows()],
                         ["Traffic", "Verdicts", "Latency", "Batching", "Models", "Training",
                          "Process"])
        for panel in dashboard.panels():
            with self.subTest(panel["title"]):
                self.assertTrue(panel["description"])
                self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
                self.assertEqual(panel["datasource"]["uid"], "${datasource}")
        self.assertEqual(len({panel["id"] for panel in whole["panels"]}), len(whole["panels"]))


class MonitoringTest(unittest.TestCase):
    """With servers, load and Prometheus."""

    @classmethod
    def setUpClass(cls):
        cls.stack = stack.Stack(PROGRAMS)
        cls.addClassCleanup(cls.stack.stop)
        cls.prometheus = cls.stack.prometheus

    def assert_gives_data(self, expression):
        """Prometheus parses the expression, and has data for it, if not at once."""
        stack.eventually(lambda: self.stack.query(expression), f"data for {expression}")

    def test_metrics_are_documented_as_they_are(self):
        exported = {name: (kind, {label for labels in series for label in labels} - {"le"})
                    for name, (kind, _, series) in
                    parse_page(self.stack.servers[0].metrics()).items()}
        documented = {names_in(row[0])[0]: (row[1], set(names_in(row[2])))
                      for row in code_cells((stack.ROOT / "docs/METRICS.md").read_text())}
        self.assertEqual(exported, documented)

    def test_pages_are_clean(self):
        page = self.stack.servers[0].metrics()
        check = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True,
                               text=True)
        self.assertEqual((check.returncode, check.stdout, check.stderr), (0, "", ""))

    def test_labels_are_bounded(self):
        server = self.stack.servers[1]
        with grpc.insecure_channel(server.address) as channel:
            for number in range(100):
                method = channel.unary_unary(f"/made.up.Service/Method{number}")
                with self.assertRaises(grpc.RpcError):
                    method(b"", timeout=10)
        from advae.v1 import detector_pb2, registry_pb2
        services = [file.DESCRIPTOR.services_by_name[name] for file, name in
                    ((detector_pb2, "AnomalyDetector"), (registry_pb2, "ModelRegistry"))]
        methods = {f"{service.name}/{method.name}" for service in services
                   for method in service.methods}
        # Messages of the Open Inference Protocol are not among those made for this test.
        protocol = ("ServerLive", "ServerReady", "ModelReady", "ServerMetadata", "ModelMetadata",
                    "ModelInfer", "ModelStreamInfer", "ModelConfig", "ModelStatistics",
                    "RepositoryIndex", "RepositoryModelLoad", "RepositoryModelUnload")
        methods |= {f"GRPCInferenceService/{method}" for method in protocol}
        allowed = {"method": methods | {"http/infer", "http/score", "http/other", "stream/infer", "other"},
                   "model": {"pump"},
                   "code": {code.name for code in grpc.StatusCode},
                   "kind": {"training", "import", "nan", "infinite"},
                   "outcome": {"succeeded", "failed", "cancelled"}, "identity": {"*"},
                   "quota": {"rows_per_second", "calls", "streams", "trainings", "versions",
                             "bytes"}}
        terms = len(detector_pb2.DESCRIPTOR.pool.FindMessageTypeByName("advae.v1.LossTerms").fields)
        values = {}
        series = 0
        for _, _, label_sets in parse_page(server.metrics()).values():
            series += len(label_sets)
            for labels in label_sets:
                for label, value in labels.items():
                    values.setdefault(label, set()).add(value)
        for label, bound in allowed.items():
            self.assertLessEqual(values[label], bound)
        self.assertEqual(len(values["term"]), terms)
        self.assertEqual(len(values["version"]), 1)
        # At most some 21 series of each method and code that was seen, and 50 of a model.
        self.assertLess(series, 700)

    def test_recording_rules_give_data(self):
        for rule in rules("recording.yml"):
            with self.subTest(rule["record"]):
                self.assert_gives_data(rule["expr"])
                self.assert_gives_data(rule["record"])

    def test_alerts_evaluate_and_read_series_that_exist(self):
        def states():
            groups = self.prometheus.get("rules")["groups"]
            found = {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}
            return found if "unknown" not in found.values() else None

        self.assertEqual(set(stack.eventually(states, "all rules are evaluated").values()), {"ok"})
        for rule in rules("alerts.yml"):
            reads = selectors(rule["expr"])
            self.assertTrue(reads, rule["alert"])
            for selector in reads:
                with self.subTest(alert=rule["alert"], selector=selector):
                    self.assert_gives_data(selector)

    def test_buckets_of_p_values_are_those_of_the_drift_rule(self):
        _, _, series = parse_page(self.stack.servers[0].metrics())["advae_p_value"]
        bounds = {labels["le"] for labels in series if "le" in labels} - {"+Inf"}
        rule = next(rule for rule in rules("recording.yml")
                    if rule["record"] == "le:advae_p_value_uniform_cdf")
        self.assertEqual(set(re.findall(r'vector\(([\d.]+)\), "le", "\1"', rule["expr"])), bounds)

    def test_panels_give_data(self):
        for panel in dashboard.panels():
            for target in panel["targets"]:
                expression = dashboard.expression(target, VARIABLES)
                with self.subTest(panel=panel["title"], expression=expression):
                    self.assertNotIn("$", expression)
                    self.assert_gives_data(expression)

    def test_dashboard_variables_have_values(self):
        for variable in dashboard.load()["templating"]["list"]:
            if variable["type"] != "query":
                continue
            selector, label = re.fullmatch(
                r"label_values\((.*), (\w+)\)",
                dashboard.fill_in(variable["query"]["query"], VARIABLES)).groups()
            with self.subTest(variable["name"]):
                self.assert_gives_data(selector)
                self.assertTrue(self.prometheus.get(f"label/{label}/values",
                                                    **{"match[]": selector}))

    def test_an_overload_makes_its_alert_true(self):
        from advae.v1 import detector_pb2, detector_pb2_grpc
        request = detector_pb2.ScoreRequest(model="pump")
        names, rows, _ = stack.read_rows(stack.PUMP / "train.csv")
        request.rows.columns = len(names)
        for number in range(1000):
            request.rows.values.extend(rows[number % len(rows)])
        server = self.stack.servers[1]
        expression = next(rule for rule in rules("alerts.yml")
                          if rule["alert"] == "AdvaeOverloaded")["expr"]
        seen = set()

        def overload():
            # Far more than can be done in the time; and calls that expire before they are answered.
            deadlines = [0.1] * 30 + [number / 2000 for number in range(1, 41)]
            calls = [stub.Score.future(request, timeout=seconds) for seconds in deadlines]
            seen.update(call.code() for call in calls)
            return [series for series in self.prometheus.query(expression)
                    if series["metric"]["instance"] == server.metrics_address]

        def count(code):
            return self.prometheus.query(
                f'advae_rpc_duration_seconds_count{{instance="{server.metrics_address}",'
                f'method="AnomalyDetector/Score",code="{code}"}} > 0')

        with grpc.insecure_channel(server.address) as channel:
            stub = detector_pb2_grpc.AnomalyDetectorStub(channel)
            stack.eventually(overload, "the alert's expression is true")
            for code in ("RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"):
                # Which calls expire is a matter of chance: more of them, until some have.
                stack.eventually(lambda code=code: count(code) or overload() and None,
                                 f"calls that ended with {code}")
        self.assertLessEqual(seen, {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED,
                                    grpc.StatusCode.DEADLINE_EXCEEDED})

    def test_the_failed_training_fires_its_alert(self):
        self.assert_gives_data('ALERTS{alertname="AdvaeJobFailed", alertstate="firing"}')


if __name__ == "__main__":
    if not all(map(shutil.which, ("prometheus", "promtool", "protoc", "grpc_python_plugin"))):
        print("skipped: Prometheus or the generator of Python's gRPC code is not installed")
        sys.exit(77)
    PROGRAMS = sys.argv.pop(1)
    unittest.main()
