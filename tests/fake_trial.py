"""A run that keeps the contract of deepx/engine/entry.py and costs nothing: a chaotic map, so that every step counts.

python fake_trial.py --workdir=DIR --x=0.3 [--steps=N] [--pause=SECONDS] [--fail=mistake|crash|nan|die]
"""

import fcntl
import json
import os
import signal
import sys
import time
from pathlib import Path

given = dict(argument.removeprefix("--").split("=", 1) for argument in sys.argv[1:])
workdir = Path(given["workdir"])
steps, pause, fail = int(given.get("steps", 5)), float(given.get("pause", 0)), given.get("fail", "")
workdir.mkdir(parents=True, exist_ok=True)
lock = (workdir / ".lock").open("w")
fcntl.flock(lock, fcntl.LOCK_EX)
with (workdir / "sessions").open("a") as sessions:
    sessions.write(f"{os.getpid()} {os.environ.get('NPROC', '')}\n")
asked = []
signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
if fail == "mistake":
    sys.exit(print("deepx: a value makes no sense.", file=sys.stderr) or 2)
if fail == "crash":
    raise RuntimeError("broken")
saved = workdir / "state.json"
step, x = json.loads(saved.read_text()) if saved.exists() else (0, float(given["x"]))
while step < steps:
    time.sleep(pause)
    step, x = step + 1, 3.9 * x * (1 - x)
    if fail == "nan" and step == 3:
        (workdir / "failure").mkdir(exist_ok=True)
        (workdir / "failure" / "diagnosis.json").write_text('{"step": 3}')
        sys.exit(1)
    with (workdir / "metrics.jsonl").open("a") as rows:
        rows.write(json.dumps({"step": step, "split": "valid", "values": {"x": x}}) + "\n")
    partial = workdir / "state.partial"
    partial.write_text(json.dumps([step, x]))
    partial.replace(saved)
    if fail == "die" and step == 3 and len((workdir / "sessions").read_text().splitlines()) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if asked:
        sys.exit(0)
record = {"metrics": {"x": {"mean": x, "low": None, "high": None, "values": [x], "unit": ""}}, "wall_seconds": 0.1}
(workdir / "result.json").write_text(json.dumps(record))
