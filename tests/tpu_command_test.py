"""Commands for Cloud TPU: exactly these, none without --go, and what is typed arrives as it is."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tpu import slices

ROOT = Path(__file__).resolve().parents[1]
AT = ["--zone=us-west4-a", "--project=my-project"]
WHERE = "--zone=us-west4-a --project=my-project"


@pytest.fixture(autouse=True)
def calls(monkeypatch):
    """What was given to be executed; nothing is."""
    made = []
    monkeypatch.setattr(slices.subprocess, "call", lambda command: made.append(command) or 0)
    return made


@pytest.mark.parametrize(
    ("action", "arguments", "command"),
    [
        (
            "create",
            ["t", "--slice=v5e-8"],
            "tpu-vm create t --accelerator-type=v5litepod-8 --version=v2-alpha-tpuv5-lite",
        ),
        ("create", ["t", "--slice=v4-4"], "tpu-vm create t --accelerator-type=v4-8 --version=tpu-ubuntu2204-base"),
        ("create", ["t", "--slice=v6e-4"], "tpu-vm create t --accelerator-type=v6e-4 --version=v2-alpha-tpuv6e"),
        (
            "create",
            ["t", "--slice=v5p-4", "--spot"],
            "queued-resources create t --node-id=t --spot --accelerator-type=v5p-8 --runtime-version=v2-alpha-tpuv5",
        ),
        ("delete", ["t"], "tpu-vm delete t --quiet"),
        ("delete", ["t", "--spot"], "queued-resources delete t --force --quiet"),
        (
            "run",
            ["t", "--slice=v5e-8", "--", "ntm/copy:paper", "--config.run.seed=3"],
            "tpu-vm ssh t --worker=0 '--command=cd deepx && "
            "(nohup ./scripts/reproduce ntm/copy:paper --config.run.seed=3 > run.log 2>&1 < /dev/null &)'",
        ),
    ],
)
def test_what_is_printed_is_what_go_gives(capsys, calls, action, arguments, command):
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    arguments = [*arguments[:cut], *AT, *arguments[cut:]]
    assert slices.main(getattr(slices, action), arguments) == 0
    printed = capsys.readouterr()
    assert printed.out == f"gcloud compute tpus {command} {WHERE}\n" and "Nothing was done" in printed.err
    assert not calls
    assert slices.main(getattr(slices, action), ["--go", *arguments]) == 0
    assert calls == [shlex.split(capsys.readouterr().out)]


def test_setup_goes_to_every_machine_and_installs_the_lock_s_jax(capsys, calls):
    arguments = ["t", *AT, "--repository=https://example.org/a/deepx.git", "--revision=v1.2"]
    assert slices.main(slices.setup, arguments) == 0 and not calls
    words = shlex.split(capsys.readouterr().out)
    remote = next(word for word in words if word.startswith("--command="))
    assert "--worker=all" in words and "git fetch -q origin v1.2" in remote
    version = re.search(r"(?m)^jax==(\S+)", (ROOT / "requirements.lock").read_text()).group(1)
    assert f"jax[tpu]=={version}" in shlex.split(remote)
    assert subprocess.run(["sh", "-n", "-c", remote.partition("=")[2]], check=False).returncode == 0


def test_several_machines_are_told_and_all_are_given_the_command(capsys, calls):
    assert slices.main(slices.run, ["t", "--slice=v5e-16", "--watch", *AT, "--", "ntm/copy"]) == 0
    printed = capsys.readouterr()
    started, followed = printed.out.splitlines()
    assert "--worker=all" in started and "reproduce ntm/copy --hosts=auto >" in started
    assert "--worker=0" in followed and "tail" in followed and "that all of them see" in printed.err and not calls


def test_what_fails_ends_it(monkeypatch, capsys):
    monkeypatch.setattr(slices.subprocess, "call", lambda command: 7)
    assert slices.main(slices.run, ["t", "--go", "--slice=v5e-8", "--watch", *AT, "--", "ntm/copy"]) == 7
    assert len(capsys.readouterr().out.splitlines()) == 1

    def missing(command):
        raise FileNotFoundError

    monkeypatch.setattr(slices.subprocess, "call", missing)
    assert slices.main(slices.delete, ["t", "--go", *AT]) == 2 and "not installed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("action", "arguments", "told"),
    [
        ("create", ["T", "--slice=v5e-8", *AT], "'T' is no name"),
        ("create", ["-t;x", "--slice=v5e-8", *AT], "required: name"),
        ("create", ["t", "--slice=v5-8", *AT], "'v5-8' is no slice: it must be GENERATION-CHIPS"),
        ("create", ["t", "--slice=v5e-0", *AT], "'v5e-0' is no slice"),
        ("create", ["t", "--slice=v5e-8", "--zone=here", "--project=my-project"], "'here' is no zone: .*us-west4-a"),
        ("delete", ["t", "--zone=us-west4-a", "--project=$(rm)"], "is no project"),
        ("delete", ["t", "--zone=us-west4-a"], "required: --project"),
        ("run", ["t", "--slice=v5e-8", *AT], "required: command"),
        ("setup", ["t", "--repository=deepx", *AT], "'deepx' is no repository"),
        ("setup", ["t", "--repository=https://a/b", "--revision=--upload-pack=x", *AT], "is no revision"),
    ],
)
def test_mistakes_are_told_and_nothing_is_done(capsys, calls, action, arguments, told):
    with pytest.raises(SystemExit) as ended:
        slices.main(getattr(slices, action), ["--go", *arguments])
    assert ended.value.code == 2 and re.search(told, capsys.readouterr().err) and not calls


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\n\r"), min_size=1), min_size=1, max_size=3))
def test_whatever_is_trained_arrives_word_for_word(words):
    arguments = ["t", "--slice=v5e-8", *AT, "--", *words]
    (command,) = slices.run(slices.parser(slices.run).parse_args(arguments))
    assert shlex.split(shlex.join(command)) == command
    remote = shlex.split(next(c for c in command if c.startswith("--command=")).partition("=")[2])
    assert remote[:5] == ["cd", "deepx", "&&", "(nohup", "./scripts/reproduce"]
    assert remote[5 : 5 + len(words)] == words and remote[5 + len(words)] == ">"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=70))
def test_a_name_is_letters_digits_and_dashes_or_refused(name):
    try:
        assert re.fullmatch(r"[a-z][a-z0-9-]{0,62}", slices.checked("name")(name)) and not name.endswith("-")
    except slices.argparse.ArgumentTypeError as error:
        assert "is no name" in str(error)


@pytest.mark.parametrize("action", ["create", "setup", "run", "delete"])
def test_each_is_a_command(action):
    ended = subprocess.run(
        [sys.executable, ROOT / "scripts" / "tpu" / action, "--help"], capture_output=True, text=True
    )
    assert ended.returncode == 0 and "--go" in ended.stdout


def test_a_slurm_job_becomes_the_run_and_passes_on_what_it_was_given(tmp_path):
    script = ROOT / "scripts" / "slurm" / "train.sbatch"
    (tmp_path / "scripts").mkdir()
    fake = tmp_path / "scripts" / "reproduce"
    fake.write_text('#!/bin/sh\necho $$\nprintf "%s|" "$@"\n')
    fake.chmod(0o755)
    given = ["ntm/copy:paper", "--workdir=a b"]
    with subprocess.Popen(
        ["bash", script, *given], env={"SLURM_SUBMIT_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE, text=True,
    ) as job:  # fmt: skip
        assert job.communicate()[0] == f"{job.pid}\nntm/copy:paper|--workdir=a b|"
    assert subprocess.run(["bash", script], stderr=subprocess.DEVNULL).returncode == 2
