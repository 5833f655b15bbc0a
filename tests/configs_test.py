"""Every config: named as its file, its variants loadable, its smoke variant built, stepped, evaluated and reported."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ml_collections.config_dict import placeholder

from deepx.engine.checkpoint import Checkpoints
from deepx.engine.config import differences, flatten, load, told, variants
from deepx.engine.errors import UserError
from deepx.engine.program import Program
from deepx.engine.replicated import replicated
from deepx.engine.run import Run
from experiments import reproduce

NAMES = reproduce.benchmarks()
FIRST = [name for i, name in enumerate(NAMES) if name.split("/")[0] not in {n.split("/")[0] for n in NAMES[:i]}]


def unlike(names):
    """One name for each different smoke variant: nets of several depths are one, made small."""
    told = ("benchmark", "cost", "reported", "variant")
    by_config = {}
    for name in names:
        flat = flatten(load(reproduce.CONFIGS / f"{name}.py", "smoke"))
        by_config.setdefault(str({k: v for k, v in flat.items() if k.split(".")[0] not in told}), name)
    return list(by_config.values())


def kinds(names):
    """One name for each kind of model, and of join where there are such."""
    first = {}
    for name in names:
        smoke = flatten(load(reproduce.CONFIGS / f"{name}.py", "smoke"))
        kind = tuple(smoke.get(key) for key in ("model.name", "model.block", "model.controller", "join.name"))
        first.setdefault((name.split("/")[0], *kind), name)
    return list(first.values())


def build_of(name):
    return __import__(f"experiments.{name.split('/')[0]}", fromlist=["build"]).build


def parts(state, name):
    """The parameters or statistics of a state, or of each of several in it."""
    states = [one for one in jax.tree.leaves(state, is_leaf=lambda n: hasattr(n, name)) if hasattr(one, name)]
    assert states
    return jax.device_get([getattr(one, name) for one in states])


def weakly_typed(experiment):
    """What of the first state has a weak type: a jitted step would change it, and be compiled anew."""
    first = jax.eval_shape(experiment.init, jax.random.key(0))
    return [jax.tree_util.keystr(path) for path, a in jax.tree_util.tree_leaves_with_path(first) if a.weak_type]


def restored(program, carry, directory):
    """The carry, read back from a checkpoint."""
    checkpoints = Checkpoints(directory, program.run)
    checkpoints.save(carry, {})
    checkpoints.wait()
    saved = checkpoints.newest(program.abstract(), print)
    checkpoints.close()
    return saved.carry


@pytest.mark.parametrize("name", NAMES)
def test_variants_load_and_state_what_is_needed(name):
    path = reproduce.CONFIGS / f"{name}.py"
    for variant in ("paper", "cpu", "smoke"):
        config = load(path, variant)
        assert config.benchmark == name and config.variant == variant and config.cost
        Run(**config.run)
        for theirs in config.reported.values():
            assert set(theirs) == {"value", "tolerance", "better", "source", "confidence"}
            assert theirs["better"] in ("lower", "higher") and theirs["confidence"] in ("V", "V2", "M")


@pytest.mark.parametrize(("name", "replicas"), [*((name, 1) for name in unlike(NAMES)), *((name, 2) for name in FIRST)])
def test_smoke_builds_steps_resumes_evaluates_and_reports(tmp_path, name, replicas):
    config = load(reproduce.CONFIGS / f"{name}.py", "smoke").unlock()
    config.run.replicas = replicas
    experiment = build_of(name)(config)
    assert not weakly_typed(experiment)
    if replicas > 1:
        experiment = replicated(experiment, replicas)
    program = Program(experiment, Run(**config.run), jax.devices()[:1])
    carry = program.init()
    before = parts(carry.state, "params")
    carry, outcome = program.dispatch(carry, 0, next(program.feed(0)))
    assert int(outcome.step) == config.run.steps_per_call
    changed = jax.tree.map(lambda a, b: not np.array_equal(a, b), before, parts(carry.state, "params"))
    assert all(jax.tree.leaves(changed)), changed
    resumed = restored(program, carry, tmp_path)
    data = next(program.feed(config.run.steps_per_call))
    carry, outcome = program.dispatch(carry, config.run.steps_per_call, data)
    again, outcome_again = program.dispatch(resumed, config.run.steps_per_call, data)
    chex.assert_trees_all_equal(jax.device_get((carry, outcome)), jax.device_get((again, outcome_again)))
    for split, source in {**experiment.eval_data, **experiment.test_data}.items():
        for values in program.evaluate(carry.state, split, source).values():
            assert np.isfinite(values).all() and np.size(values) == replicas
    if experiment.report is not None:
        for figure in experiment.report(carry.state, program.report_key).figures.values():
            assert figure.caption and figure.numbers


@pytest.mark.parametrize("name", kinds(NAMES))
def test_eight_devices_take_the_step_that_one_takes(name):
    config = load(reproduce.CONFIGS / f"{name}.py", "smoke").unlock()
    config.run.steps_per_call = 1
    if name == "gan/text_to_image":  # Adam's first step is a sign, which turns with the last bit of a gradient near 0
        config.optimizer.name = "sgd"
    experiment = build_of(name)(config)
    one, eight = (Program(experiment, Run(**config.run), jax.devices()[:count]) for count in (1, 8))
    first, taken = one.init(), []
    for program in (eight, one):
        shardings = jax.tree.map(lambda like: like.sharding, program.abstract())
        carry = jax.device_put(jax.tree.map(jnp.copy, first), shardings)  # a copy, as it is donated
        carry, outcome = program.dispatch(carry, 0, next(program.feed(0)))
        taken.append((parts(carry.state, "stats"), jax.device_get(outcome)))  # statistics are the whole batch's
    chex.assert_trees_all_close(*taken, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["gan/dcgan_mnist", "seq2seq/conversation_offline"])
def test_a_step_mapped_over_devices_leaves_all_with_the_same_state(name):
    config = load(reproduce.CONFIGS / f"{name}.py", "smoke").unlock()
    config.run.parallel, config.run.steps_per_call = "pmap", 1
    program = Program(build_of(name)(config), Run(**config.run), jax.devices())
    carry, outcome = program.dispatch(program.init(), 0, next(program.feed(0)))
    assert int(outcome.step) == 1
    for path, array in jax.tree_util.tree_leaves_with_path(carry.state):
        first, *others = (np.asarray(shard.data) for shard in array.addressable_shards)
        assert all(np.array_equal(first, other) for other in others), jax.tree_util.keystr(path)


def test_every_config_but_those_of_babi_can_be_mapped_over_devices():
    for name in FIRST:
        smoke = load(reproduce.CONFIGS / f"{name}.py", "smoke")
        assert build_of(name)(smoke).mappable == (not name.startswith("babi/")), name


def test_a_difference_that_names_no_key_fails():
    with pytest.raises(UserError, match="no key 'run.stps'.* Did you mean 'run.steps'"):
        variants(paper={"benchmark": "a/b", "run": {"steps": 1}}, cpu={"run.stps": 2})("cpu")


def test_an_unknown_variant_is_told_with_the_nearest():
    with pytest.raises(UserError, match="no variant 'smoek'; it has paper, smoke. Did you mean 'smoke'"):
        variants(paper={"benchmark": "a/b"}, smoke={})("smoek")


def test_differences():
    ours = {"variant": "cpu", "a": {"x": 1, "y": (2, (3, 4))}, "reported": {"m": {"value": 1}}}
    theirs = {"variant": "paper", "a": {"x": 5, "y": [2, [3, 4]]}, "reported": {}}
    assert differences(ours, theirs) == {"a.x": (1, 5)}
    assert flatten(ours)["a.y"] == [2, [3, 4]]


def test_differences_are_told_to_a_reader():
    """A value that is none, one that is not there, and sections that are in one config only."""
    ours = {"rate": None, "name": "adam", "more": 1, "tests": {"both": {"n": 1}, "len4": {"n": 4, "m": 4}}}
    theirs = {"rate": 0.5, "name": "", "tests": {"both": {"n": 2}, "len9": {"n": 9}, "len8": {"n": 8}}}
    assert told(ours, theirs) == {
        "rate": ("not set", "0.5"),
        "name": ("adam", "not set"),
        "more": ("1", "not there"),
        "tests.both.n": ("1", "2"),
        "tests": ("both, len4", "both, len9, len8"),
    }
    assert told({"x": "a"}, {"x": "b"}, repr) == {"x": ("'a'", "'b'")}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"steps": 25}, "run.steps is 25; it must be a positive multiple of run.steps_per_call = 4, as 24 is"),
        ({"replicas": 0}, "run.replicas is 0"),
        ({"select": "best"}, "must be 'last', 'min METRIC' or 'max METRIC'"),
        ({"log_every": 0}, "run.log_every is 0"),
    ],
)
def test_run_sections_that_make_no_sense(changes, words):
    section = dict(
        seed=0,
        replicas=1,
        steps=24,
        steps_per_call=4,
        log_every=4,
        eval_every=8,
        checkpoint_every=4,
        keep=1,
        select="last",
        parallel="jit",
        mesh={"data": 0, "model": 1},
        shard_state=False,
    )
    with pytest.raises(UserError, match=words):
        Run(**(section | changes))


def test_a_variant_changes_no_other():
    """Placeholders are objects, which a family's configs may share."""
    shared = {"benchmark": "a/b", "model": {"initial": placeholder(float)}}
    get_config = variants(paper=shared, cpu={"model.initial": 1.0})
    assert get_config("cpu").model.initial == 1.0 and get_config("paper").model.initial is None
    get_config = variants(paper={"benchmark": "a/b", "initial": 2.0}, cpu={"initial": placeholder(float)})
    get_config("cpu").initial = 1.0
    assert get_config("cpu").initial is None
