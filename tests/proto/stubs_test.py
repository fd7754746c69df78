#!/usr/bin/python3
"""The protos make stubs in other languages, without a change, where clients look for them.

usage: stubs_test.py NODE_FOLDER [UNITTEST OPTION...]

NODE_FOLDER keeps the npm packages of the test for Node. A test whose tools are not installed is skipped.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
API = ("advae/v1/types.proto", "advae/v1/detector.proto", "advae/v1/registry.proto")
PROTOS = (*API, "inference/inference.proto", "grpc/health/v1/health.proto")
JAVA_RUNTIME = pathlib.Path("/usr/share/java/protobuf.jar")
NODE_PACKAGES = ("@bufbuild/protobuf@2.10.1", "@bufbuild/protoc-gen-es@2.10.1")


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command} exits with {done.returncode}:\n{done.stdout}")
    return done.stdout


class Stubs(unittest.TestCase):
    node_folder = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def generate(self, *options, protos=PROTOS, tools=()):
        """Runs protoc; "OUT" in the options is the test's folder."""
        for tool in ("protoc", *tools):
            if shutil.which(tool) is None:
                self.skipTest(f"needs {tool}")
        run("protoc", f"--proto_path={ROOT / 'proto'}",
            *(option.replace("OUT", str(self.folder)) for option in options), *protos)

    def text(self, name):
        self.assertTrue((self.folder / name).is_file(), f"protoc makes no {name}")
        return (self.folder / name).read_text()

    def test_go(self):
        self.generate("--go_out=OUT", "--go-grpc_out=OUT", tools=("protoc-gen-go", "protoc-gen-go-grpc"))
        self.assertIn("package advaev1\n", self.text("advae/v1/detector.pb.go"))
        self.assertIn("NewAnomalyDetectorClient(", self.text("advae/v1/detector_grpc.pb.go"))
        self.assertIn("package inference\n", self.text("advae/inference/inference_grpc.pb.go"))
        self.text("google.golang.org/grpc/health/grpc_health_v1/health_grpc.pb.go")

    def test_java(self):
        self.generate("--java_out=OUT")
        self.assertIn("package advae.v1;", self.text("advae/v1/ScoreRequest.java"))
        self.text("advae/v1/DetectorProto.java")
        self.text("advae/inference/ModelInferRequest.java")
        self.text("io/grpc/health/v1/HealthCheckRequest.java")
        if shutil.which("javac") is None or not JAVA_RUNTIME.exists():
            self.skipTest(f"needs javac and {JAVA_RUNTIME} to compile them")
        run("javac", "-nowarn", "-proc:none", "-classpath", JAVA_RUNTIME, "-d", self.folder / "classes",
            *self.folder.glob("**/*.java"))

    def test_java_services(self):
        plugin = shutil.which("grpc_java_plugin")
        self.generate(f"--plugin=protoc-gen-grpc={plugin}", "--grpc_out=OUT", tools=("grpc_java_plugin",))
        self.assertIn("package advae.v1;", self.text("advae/v1/AnomalyDetectorGrpc.java"))
        self.text("advae/v1/ModelRegistryGrpc.java")

    def test_python(self):
        plugin = shutil.which("grpc_python_plugin")
        self.generate("--python_out=OUT", f"--plugin=protoc-gen-grpc={plugin}", "--grpc_out=OUT",
                      protos=API, tools=("grpc_python_plugin",))
        try:
            import grpc  # pylint: disable=import-outside-toplevel,unused-import
        except ImportError:
            self.skipTest("needs python3-grpcio")
        run(sys.executable, "-c",
            "from advae.v1 import detector_pb2_grpc as d, registry_pb2_grpc as r\n"
            "d.AnomalyDetectorStub, r.ModelRegistryStub", cwd=self.folder)

    def test_csharp_php_and_ruby(self):
        self.generate("--csharp_out=OUT", "--php_out=OUT", "--ruby_out=OUT", protos=API)
        self.assertIn("namespace Advae.V1 {", self.text("Detector.cs"))
        self.assertIn("namespace Advae\\V1;", self.text("Advae/V1/ScoreRequest.php"))
        self.assertIn("module V1\n", self.text("advae/v1/detector_pb.rb"))

    def test_node(self):
        npm = subprocess.run([ROOT / "tests/testing/npm_packages", self.node_folder, *NODE_PACKAGES],
                             stdout=subprocess.PIPE, text=True, check=False)
        if npm.returncode == 77:
            self.skipTest(npm.stdout.strip())
        self.assertEqual(npm.returncode, 0, npm.stdout)
        modules = pathlib.Path(self.node_folder).absolute() / "node_modules"
        (self.folder / "node_modules").symlink_to(modules)
        (self.folder / "package.json").write_text('{"private": true, "type": "module"}')
        self.generate(f"--plugin=protoc-gen-es={modules / '.bin/protoc-gen-es'}", "--es_out=OUT",
                      "--es_opt=target=js,import_extension=js")
        (self.folder / "check.js").write_text(
            'import { create, toBinary } from "@bufbuild/protobuf";\n'
            'import { AnomalyDetector, ScoreRequestSchema } from "./advae/v1/detector_pb.js";\n'
            'const request = create(ScoreRequestSchema, { model: "pump", topFeatures: 2 });\n'
            "console.log(AnomalyDetector.typeName, toBinary(ScoreRequestSchema, request).length);\n")
        self.assertEqual(run("node", self.folder / "check.js"), "advae.v1.AnomalyDetector 8\n")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    Stubs.node_folder = sys.argv.pop(1)
    unittest.main()
