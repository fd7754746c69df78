"""The scorer: against the peers, against the limit of the core, on several cores; latent plans."""

import json
import os
import shutil

import session as s

MODELS = ("letter", "optical", "pen")
PYTORCH_1000 = {"letter": 10, "optical": 8, "pen": 10}
ONNX_1000 = {"letter": 4, "optical": 2.4, "pen": 8}
ONNX_64 = {"letter": 4, "optical": 2.4, "pen": 10}
NODE_FOLDER = s.ROOT / "build/peers"


def require_peers(session):
    if session.peers is None:
        raise s.Skip("needs the peers' scripts; set ADVAE_BENCH_PEERS or --peers")


def pytorch_rate(session, model, **environment):
    data = session.require_reference_data()
    return json.loads(s.run(
        ["/usr/bin/python3", session.peers / "pytorch_scorer.py",
         "--model", data / "reference" / model, "--train", session.rows_of(model, "train"),
         "--test", session.rows_of(model), "--samples", "1000",
         "--seconds", "1" if session.quick else "2"],
        env=s.peer_environment(**environment)))["rows_per_second"]


def onnx_rate(session, model, samples):
    environment = s.peer_environment(NODE_PATH=str(NODE_FOLDER / "node_modules"))
    return json.loads(s.run(["node", session.peers / "onnxruntime_scorer.js", model, str(samples)],
                            env=environment))["rows_per_second"]


def install_onnxruntime():
    if (NODE_FOLDER / "node_modules/onnxruntime-node").is_dir():
        return
    if shutil.which("npm") is None:
        raise s.Skip("the ONNX Runtime peer needs node and npm")
    NODE_FOLDER.mkdir(parents=True, exist_ok=True)
    (NODE_FOLDER / "package.json").write_text('{"private": true}\n')
    s.note("installing onnxruntime-node")
    s.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "onnxruntime-node"],
          cwd=NODE_FOLDER)


def peers(session):
    """Rows/s of one core against the peers, measured in turn."""
    require_peers(session)
    session.require_reference_data()
    install_onnxruntime()
    table = ["| model | ours, L=1000 | PyTorch, L=1000 | PyTorch, memory kept | ONNX Runtime, L=1000 "
             "| ours, L=64 | ONNX Runtime, L=64 | error of ours, L=64 | error of ours, L=1000 |",
             "|---|---|---|---|---|---|---|---|---|"]
    for model in MODELS:
        rounds = []
        for _ in range(session.rounds()):
            rounds.append({
                "pytorch": pytorch_rate(session, model),
                "pytorch_kept": pytorch_rate(session, model, **s.KEEP_FREED_MEMORY),
                "ours": s.score_rate(session, model, "--sampler=monte_carlo", "--samples=1000"),
                "onnx": onnx_rate(session, model, 1000),
                "ours64": s.score_rate(session, model, "--samples=64"),
                "onnx64": onnx_rate(session, model, 64)})

        def rate(round_, key):
            value = round_[key]
            return value["rows_per_second"] if isinstance(value, dict) else value

        def ratio(ours, peer):
            return s.median_ratio([(rate(r, ours), rate(r, peer)) for r in rounds])

        session.record(f"{model}: rows/s at L=1000 over PyTorch's", ratio("ours", "pytorch"), "x",
                       at_least=PYTORCH_1000[model])
        session.record(f"{model}: rows/s at L=1000 over PyTorch's with its memory kept",
                       ratio("ours", "pytorch_kept"), "x")
        session.record(f"{model}: rows/s at L=1000 over ONNX Runtime's", ratio("ours", "onnx"),
                       "x", at_least=ONNX_1000[model])
        session.record(f"{model}: rows/s at L=64 over ONNX Runtime's at L=64",
                       ratio("ours64", "onnx64"), "x", at_least=ONNX_64[model])
        for peer, name, goal in (("pytorch", "PyTorch's at L=1000", 150),
                                 ("pytorch_kept", "PyTorch's at L=1000 with its memory kept", None),
                                 ("onnx", "ONNX Runtime's at L=1000", 60)):
            session.record(f"{model}: rows/s with the default plan over {name}",
                           ratio("ours64", peer), "x",
                           at_least=goal if model == "letter" else None)
        error = rounds[0]["ours64"]["rms_relative_error"]
        session.record(f"{model}: relative RMS error with the default plan", 100 * error, "%")
        best = {key: max(rate(r, key) for r in rounds) for key in rounds[0]}
        table.append(
            f"| {model} | {best['ours']:,.0f} | {best['pytorch']:,.0f} | {best['pytorch_kept']:,.0f} "
            f"| {best['onnx']:,.0f} | {best['ours64']:,.0f} | {best['onnx64']:,.0f} "
            f"| {error:.3%} | {rounds[0]['ours']['rms_relative_error']:.3%} |")
    session.sections.append(
        ("Rows a second of one core", "\n".join(table) + """

Best of the rounds; the ratios above are medians over rounds that measure the peers and us in turn. \
L=1000 is our moment-matched `monte_carlo` plan, whose error is smaller than that of the paper's plain \
draws (see the latent plans below); L=64 is the default, a `sobol` plan. PyTorch allocates its tensors \
anew in each operation, and glibc gets them from the system each time unless it is told to keep freed \
memory (`MALLOC_TRIM_THRESHOLD_` and the like). The cost differs between machines; the \
columns and lines "with its memory kept" are of PyTorch with that setting."""))


def limit(session):
    """The kernel against the limit of the core."""
    arguments = [f"--seconds={session.seconds()}"]
    if session.reference_data is not None:
        arguments.append(f"--reference_data={session.reference_data}")
    lines = s.bench("limit", *arguments)
    table = ["| model | multiply-adds a row | sigmoids a row | limit, rows/s | kernel, rows/s "
             "| share |", "|---|---|---|---|---|---|"]
    for line in lines:
        session.record(f"{line['model']}: share of the core's limit at L=1000",
                       100 * line["share"], "%",
                       at_least=70 if line["model"].startswith("random") else 60)
        table.append(f"| {line['model']} | {line['multiply_adds']:,} | {line['sigmoids']:,} "
                     f"| {line['limit_rows_per_second']:,} | {line['rows_per_second']:,} "
                     f"| {line['share']:.0%} |")
    first = lines[0]
    session.sections.append(
        ("Share of the limit", f"""One core does {first['gigaflops']} GFLOP/s of multiply-adds \
with {first['target']}, measured from registers, and a sigmoid takes it {first['sigmoid_ns']} ns, \
measured with the kernel's own routine on data in the first-level cache. The limit of a model is \
the sum of the two over the dense networks, every unit and every sample.

{chr(10).join(table)}

The kernel skips hidden units that are 0 for a whole tile of samples, which the limit counts, so a \
share may exceed 100 %; and it computes padding that the limit does not count: L is rounded up to \
whole vectors, the first layer to whole vectors of units. For small networks, the rest goes to \
loading weights and inputs between few multiply-adds in short loops, to the ReLU, and to moving \
activations through the first-level cache; wide networks are bound by the multiply-adds alone."""))


def cores(session):
    """All cores over one."""
    count = os.cpu_count() or 1
    if count < 2:
        raise s.Skip("this machine has one core")
    pairs = []
    for _ in range(session.rounds()):
        both = s.score_rate(session, "letter", threads=2)["rows_per_second"]
        pairs.append((both, s.score_rate(session, "letter")["rows_per_second"]))
    session.record("letter: rows/s of two cores over one's", s.median_ratio(pairs), "x",
                   at_least=1.85)


def plans(session):
    """The error of the latent plans, and the default number of samples that follows."""
    data = session.require_reference_data()
    output = s.run([s.PROGRAMS / "advae-bench", "plans", f"--reference_data={data}",
                    f"--seeds={2 if session.quick else 10}"])
    table, _, last = output.rstrip().rpartition("\n")
    chosen = json.loads(last)
    session.record("Sobol samples needed for the margin of 1.5 over the paper's 1,000 draws",
                   chosen["default_samples"], "samples", at_most=64)
    session.record("error of the paper's 1,000 draws over that with as many Sobol samples, least "
                   "of the five models", chosen["margin"], "x", at_least=1.5)
    session.sections.append(
        ("Latent plans", "Root mean square relative error of the scores of the five reference "
         "models against 16,384 Sobol samples, over the test rows and ten seeds.\n\n" + table))
