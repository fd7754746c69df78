#!/usr/bin/python3
"""Holds README.md against what the programs say for --help and what they do.

usage: readme_test.py FOLDER_OF_PROGRAMS README_SNIPPET

Exits with 77 when a Python package that it needs is not installed.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import grpc
    from google.protobuf import json_format, symbol_database
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

import readme

sys.path.insert(0, str(readme.ROOT / "tests" / "monitoring"))
import stack  # noqa: E402

FAST = ["--epochs=2", "--ensemble-size=1", "--hidden-size=16"]
BYTES = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "PiB": 2**50}


def run(*command, **options):
    options.setdefault("timeout", 240)
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          **options)


def program_help(*command):
    """The text of --help, which exits with 0 and says nothing else."""
    result = run(PROGRAMS / command[0], *command[1:], "--help")
    assert (result.returncode, result.stderr) == (0, ""), result
    return result.stdout


def flags_of(text):
    """flag -> its description, of a program's help."""
    found = {}
    for line in text.splitlines():
        if match := re.match(r"  (?:-\w,)?--([\w-]+)(?:=VALUE|=FILE)?(.*)", line):
            flag = match[1]
            found[flag] = match[2]
        elif found and line.startswith("      "):
            found[flag] += " " + line.strip()
    return found


def seconds(text):
    """The duration in Abseil's form, such as 1h0m0s or 10ms."""
    units = {"h": 3600, "m": 60, "s": 1, "ms": 1e-3}
    return sum(float(number) * units[unit]
               for number, unit in re.findall(r"([\d.]+)(ms|h|m|s)", text))


def number(text):
    """A number or duration as README's table or an error message has it."""
    text = text.strip("`")
    if text == "inf":
        return float("inf")
    if re.search(r"\d(ms|h|m|s)$", text):
        return seconds(text)
    if match := re.fullmatch(r"([\d,]+) (\w+)", text):
        return int(match[1].replace(",", "")) * BYTES[match[2]]
    if match := re.fullmatch(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text):
        return 10 ** int(match[1].translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")))
    return float(text.replace(",", ""))


def is_time(limits):
    """Whether a range is one of durations."""
    return re.search(r"\d(ms|h|m|s)\b", limits) is not None


def shape(value):
    """A JSON value with its types in place of its numbers and texts."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shape(member) for member in value]
    return type(value)


PROGRAM_NAMES = {"advae-server", "advae", "advae-trainer", "advae-experiment"}


class HelpTest(unittest.TestCase):
    def test_help_and_version_exit_with_0(self):
        for program in PROGRAM_NAMES:
            with self.subTest(program):
                self.assertIn(program, program_help(program))
                version = run(PROGRAMS / program, "--version")
                self.assertEqual(version.returncode, 0)
                self.assertRegex(version.stdout, rf"^{program} \d+\.\d+\.\d+\n$")

    def test_programs_in_readme_are_built(self):
        build = (readme.ROOT / "scripts/build").read_text()
        built = set(re.findall(r"bin/([\w-]+)", re.search(r"^programs=\((.*)\)", build, re.M)[1]))
        self.assertEqual(built, PROGRAM_NAMES)
        used = {line.split()[0] for block in readme.blocks(readme.section("## Command line"), "sh")
                for line in block.splitlines() if line}
        used |= {text.split()[0] for row in readme.table(readme.section("## Command line"))
                 for text in readme.code(row[0])}
        self.assertLessEqual(used, built)


class TablesTest(unittest.TestCase):
    def test_nothing_is_told_twice(self):
        for document in ("README.md", "docs/METRICS.md"):
            text = (readme.ROOT / document).read_text()
            for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
                first_cells = [row[0] for row in readme.table(table)]
                self.assertCountEqual(first_cells, set(first_cells))


class ServerFlagsTest(unittest.TestCase):
    """The table of README's section Configuration."""

    @classmethod
    def setUpClass(cls):
        cls.help = flags_of(program_help("advae-server"))
        cls.rows = {readme.code(flag)[0][2:]: (default, limits, meaning) for
                    flag, default, limits, meaning in readme.table(readme.section("## Configuration"))}

    def refusal(self, flag, value):
        """What the server says of a flag's value."""
        with tempfile.TemporaryDirectory() as folder:
            result = run(PROGRAMS / "advae-server", f"--repository={folder}/none/repository",
                         "--listen=127.0.0.1:0", "--metrics_listen=127.0.0.1:0",
                         f"--{flag}={value}")
        self.assertEqual(result.returncode, 1, result)
        return result.stderr

    def test_table_has_the_flags_of_the_help(self):
        self.assertEqual(set(self.rows), set(self.help) - {"help", "version", "flagfile"})

    def test_defaults_are_those_of_the_help(self):
        for flag, (default, _, _) in self.rows.items():
            with self.subTest(flag):
                told = re.search(r"; default: (\S+)$", self.help[flag])
                if told is None:
                    self.assertFalse(default.startswith("`"))
                    self.assertRegex(self.help[flag], r"by default|required")
                elif told[1] != default.strip("`"):
                    self.assertEqual(number(told[1]), number(default))

    def test_ranges_are_those_of_the_errors(self):
        for flag, (_, limits, _) in self.rows.items():
            if " to " not in limits:
                continue
            with self.subTest(flag):
                least, most = map(number, limits.split(" to "))
                unit = "s" if is_time(limits) else ""
                values = ["-1s" if unit else "0" if least > 0 else "-1"]
                if most < float("inf"):
                    values.append(f"{most + 1:.0f}{unit}")
                for value in values:
                    text = self.refusal(flag, value)
                    if told := re.search(r"expected (\S+) to (\S+)\n", text):
                        self.assertEqual(number(told[1]), least, text)
                        if most < float("inf"):  # 2 GiB may stand for one byte less
                            self.assertAlmostEqual(number(told[2]), most, delta=1, msg=text)
                        else:
                            self.assertEqual(number(told[2]), most, text)
                    else:  # what the type of the flag cannot hold
                        self.assertIn(flag, text)

    def test_every_variable_works(self):
        with tempfile.TemporaryDirectory() as folder:
            values = {"repository": f"{folder}/models", "listen": "127.0.0.1:0",
                      "metrics_listen": "127.0.0.1:0", "log_level": "debug",
                      "log_format": "json", "trainer": f"{folder}/trainer",
                      "max_memory": "1000000000000"}  # its shares are values, too
            for flag, (default, limits, _) in self.rows.items():
                if flag in values or " to " not in limits:
                    continue
                least = number(limits.split(" to ")[0])
                unit = "s" if is_time(limits) else ""
                values[flag] = "90ms" if unit and least < .09 else f"{least + 1:.0f}{unit}"
            environment = {f"ADVAE_{flag.upper()}": value for flag, value in values.items()
                           if flag in self.rows}
            server = subprocess.Popen([PROGRAMS / "advae-server"], env=environment, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            first = server.stdout.readline()
            server.terminate()
            log = server.communicate(timeout=60)[1]
            self.assertRegex(first, "^listening grpc=", log)
            flags = json.loads(log.splitlines()[0])["flags"]
            for flag in self.rows:
                with self.subTest(flag):
                    in_use = re.search(rf"--{flag}=(\S*)", flags)
                    self.assertIsNotNone(in_use, flags)
                    if flag in values:
                        self.assertEqual(in_use[1], values[flag])


class CommandsTest(unittest.TestCase):
    """What README says of `advae` and `advae-trainer`."""

    @classmethod
    def setUpClass(cls):
        whole = program_help("advae")
        cls.commands = re.findall(r"^  ([a-z-]+) {2,}", whole.split("Subcommands:")[1], re.M)
        cls.options = set(flags_of(whole))
        cls.of = {command: set(flags_of(program_help("advae", command))) | cls.options
                  for command in cls.commands}
        for action in ("create", "list", "revoke"):
            cls.of["token"] |= set(flags_of(program_help("advae", "token", action)))

    def check(self, words):
        """The command and the flags of a command line exist."""
        command = next((word for word in words[1:] if not word.startswith("-")), None)
        self.assertIn(command, self.commands)
        for word in words[1:]:
            if word.startswith("--"):
                self.assertIn(word[2:].split("=")[0], self.of[command])
        return command

    def test_commands_and_their_flags_exist(self):
        named = set()
        for row in readme.table(readme.section("## Command line")):
            for text in readme.code(row[0]):
                with self.subTest(text):
                    command = self.check(shlex.split(text))
                    named.add(command)
                    for flag in re.findall(r"`--([\w-]+)", row[1]):
                        self.assertIn(flag, self.of[command])
        self.assertEqual(named, set(self.commands))

    def test_other_command_lines_exist(self):
        documents = [readme.ROOT / "README.md", *readme.ROOT.glob("docs/*.md"),
                     *readme.ROOT.glob("examples/*/README.md")]
        for document in documents:
            text = document.read_text()
            lines = [line for block in readme.blocks(text, "sh")
                     for line in block.replace("\\\n", "").splitlines()]
            for line in lines + readme.code(readme.without_blocks(text)):
                if re.match(r"advae -?[a-z]", line):
                    with self.subTest(document=document.name, line=line):
                        self.check(shlex.split(line))

    def test_every_flag_in_readme_is_one_of_a_program(self):
        of_server = set(flags_of(program_help("advae-server")))
        known = self.options | of_server.union(*self.of.values())
        known |= {flag.replace("_", "-") for flag in of_server}
        for command in ("train", "import"):
            known |= set(flags_of(program_help("advae-trainer", command)))
        for text in readme.code(readme.PROSE):
            for flag in re.findall(r"^--([\w-]+)", text):
                if text != "--name=value":
                    self.assertIn(flag, known)


class ExamplesTest(unittest.TestCase):
    """README's examples, in the order of README, with a shorter training."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        for name in ("proto", "examples", "python"):
            (cls.folder / name).symlink_to(readme.ROOT / name)
        # README's python3 is Debian's, whatever else PATH has.
        (cls.folder / "bin").mkdir()
        (cls.folder / "bin" / "python3").symlink_to("/usr/bin/python3")
        start, train, *cls.ways = readme.blocks(readme.section("## Three ways to a verdict"), "sh")
        cls.server = cls.start_server(start)
        cls.addClassCleanup(cls.server.stop)
        cls.environment = {"PATH": f"{cls.folder / 'bin'}:{PROGRAMS}:{os.environ['PATH']}",
                           "HOME": str(cls.folder), "ADVAE_SERVER": cls.server.address}
        cls.shell(" ".join([train.strip(), *FAST]))
        (cls.folder / "generated").mkdir()
        stack.generate_api(cls.folder / "generated")
        cls.channel = grpc.insecure_channel(cls.server.address)
        cls.addClassCleanup(cls.channel.close)

    @classmethod
    def start_server(cls, line):
        """The server of README's line, on free ports and with a smaller limit."""
        program, repository, *flags, background = shlex.split(line)
        assert (program, background) == ("advae-server", "&"), line
        free = [flag.replace(readme.HTTP_ADDRESS, "127.0.0.1:0") for flag in flags]
        assert free != flags, line
        return stack.Server(PROGRAMS, cls.folder / repository.removeprefix("--repository="),
                            cls.folder / "log", *free, f"{cls.limit_of_rows()}=5000")

    @classmethod
    def shell(cls, script):
        """What a block of README prints, with the addresses of the server of this test."""
        script = script.replace(readme.HTTP_ADDRESS, cls.server.http_address)
        script = script.replace(readme.ADDRESS, cls.server.address)
        result = run("bash", "-euo", "pipefail", "-c", script, cwd=cls.folder, env=cls.environment)
        assert result.returncode == 0, result
        return result.stdout

    @staticmethod
    def limit_of_rows():
        """The flag that limits the rows of a request."""
        limit, = [cell for what, cell in readme.table(readme.section("### Limits"))
                  if what == "rows of one Score request"]
        return readme.code(limit)[0]

    def test_there_are_three_ways(self):
        self.assertEqual(len(self.ways), 3)

    @unittest.skipUnless(shutil.which("curl"), "curl is not installed")
    def test_curl(self):
        shown, = readme.blocks(readme.section("### curl"), "json")
        shown, answer = json.loads(shown), json.loads(self.shell(self.ways[0]))
        self.assertEqual(shape(answer), shape(shown))
        for has in (shown, answer):
            result, = has["results"]
            self.assertTrue(result["is_anomaly"])
            self.assertEqual(result["status"], "OK")
            self.assertEqual(result["explanation"][0]["name"], "winding_temperature_c")

    def test_python(self):
        self.assertRegex(self.shell(self.ways[1]), r"^(\d+ \d+\.\d+ \w+\n){3}$")

    def test_command(self):
        head, *rows = self.shell(self.ways[2]).splitlines()
        self.assertEqual(head.split()[:4], ["row", "score", "p_value", "is_anomaly"])
        self.assertEqual(len(rows), 3)

    def test_further_commands(self):
        block, = readme.blocks(readme.section("## Command line"), "sh")
        self.assertIn("average_precision", self.shell(block))

    def test_cpp(self):
        result = run(SNIPPET, "examples/pumping_station/test.csv", cwd=self.folder,
                     env=self.environment)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex(result.stdout, r"^row \d+: score \S+, p \S+, \w+, \w+\n")

    def grpcurl(self):
        """The arguments of each grpcurl line, after -plaintext."""
        (block,) = readme.blocks(readme.section("### grpcurl"), "sh")
        lines = map(shlex.split, re.split(r"\n(?=grpcurl)", block.replace("\\\n", "")))
        arguments = []
        for program, plaintext, *rest in lines:
            self.assertEqual((program, plaintext), ("grpcurl", "-plaintext"))
            arguments.append(rest)
        return arguments

    def test_grpcurl(self):
        services, (flag, payload, address, method) = self.grpcurl()
        self.assertEqual(services, [readme.ADDRESS, "list"])
        self.assertEqual((flag, address), ("-d", readme.ADDRESS))
        import advae.v1.detector_pb2 as detector  # generated above
        service, name = method.split("/")
        descriptor = detector.DESCRIPTOR.pool.FindServiceByName(service).methods_by_name[name]
        classes = symbol_database.Default()
        request = json_format.Parse(payload, classes.GetPrototype(descriptor.input_type)())
        call = self.channel.unary_unary(
            f"/{method}", request_serializer=type(request).SerializeToString,
            response_deserializer=classes.GetPrototype(descriptor.output_type).FromString)
        response = call(request, timeout=30)
        self.assertEqual(len(response.scores), 1)
        self.assertEqual(response.statuses, [detector.ROW_STATUS_OK])

    def test_rows_that_are_not_finite_are_as_documented(self):
        self.assertIn("a row with an infinite value gets the score +Infinity", readme.TEXT)
        import advae.v1.detector_pb2 as detector
        import advae.v1.detector_pb2_grpc as detector_grpc
        payload = self.grpcurl()[1][1]
        request = json_format.Parse(payload, detector.ScoreRequest())
        row = list(request.rows.values)
        for value in (float("inf"), float("nan"), 1e39):
            request.rows.values.extend([value] + row[1:])
        response = detector_grpc.AnomalyDetectorStub(self.channel).Score(request, timeout=30)
        text = json.loads(json_format.MessageToJson(response))
        self.assertEqual(text["statuses"], ["ROW_STATUS_OK", "ROW_STATUS_NOT_FINITE",
                                            "ROW_STATUS_INCOMPLETE", "ROW_STATUS_NOT_FINITE"])
        self.assertEqual([text["scores"][i] for i in (1, 3)], ["Infinity", "Infinity"])
        self.assertGreater(text["scores"][2], text["scores"][0])  # no training row lacks a value
        self.assertEqual([text["pValues"][i] for i in (1, 3)], [0, 0])
        self.assertEqual([text["anomalies"][i] for i in (1, 3)], [True, True])

    def test_seeds_survive_jq(self):
        seed = 2**64 - 59
        version = run("advae", "train", "seeded", "--output=json", f"--seed={seed}", *FAST,
                      "--data=examples/pumping_station/train.csv", cwd=self.folder,
                      env=self.environment)
        self.assertEqual(version.returncode, 0, version)
        read = json.loads(version.stdout, parse_int=lambda text: int(float(text)))  # as jq does
        self.assertEqual(read["seed"], str(seed))
        plan = read["latent_plan"]["seed"]
        again = run("advae", "train", "seeded", "--output=json", f"--seed={seed}",
                    f"--plan-seed={plan}", *FAST, "--data=examples/pumping_station/train.csv",
                    cwd=self.folder, env=self.environment)
        self.assertEqual(again.returncode, 0, again)
        read_again = json.loads(again.stdout)
        self.assertEqual(read_again["latent_plan"]["seed"], plan)
        self.assertEqual(read_again["threshold"], read["threshold"])

    def test_more_rows_than_the_largest_request_get_the_documented_code(self):
        import advae.v1.detector_pb2 as detector
        import advae.v1.detector_pb2_grpc as detector_grpc
        request = detector.ScoreRequest(model="pump")
        request.rows.columns = 12
        request.rows.values.extend([1.0] * 12 * 5001)
        with self.assertRaises(grpc.RpcError) as refused:
            detector_grpc.AnomalyDetectorStub(self.channel).Score(request, timeout=30)
        documented, = [code for code, when in readme.table(readme.section("### Status codes"))
                       if "more rows than a request may have" in when]
        self.assertEqual(f"`{refused.exception.code().name}`", documented)
        self.assertIn("5000", refused.exception.details())


if __name__ == "__main__":
    if not all(map(shutil.which, ("protoc", "grpc_python_plugin"))):
        print("skipped: the generator of Python's gRPC code is not installed")
        sys.exit(77)
    PROGRAMS = pathlib.Path(sys.argv.pop(1)).resolve()
    SNIPPET = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
