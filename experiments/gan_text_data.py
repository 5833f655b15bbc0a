"""Pictures with sentences, brought into one form: `config.data.name` chooses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import grain
import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from deepx.data import coco_captions, easy_vqa
from deepx.data.captions import Vocabulary
from deepx.data.scenes import attributes, captioned, sentences
from deepx.engine.data import DeviceData, HostData, epochs, one_pass
from deepx.engine.errors import UserError
from deepx.engine.experiment import Array, Key


class Captioned(NamedTuple):
    """Batches {"image": uint8 [N, P, P, 3], "words": int32 [N, T]}, 0 behind the end.

    Where the attributes of pictures are known, `heads` counts their classes, and a training batch has a "judged" part
    {"image", "attributes": {name: [N]}} for a judge. Batches of evaluation have {"attributes", "told": {name: [N]}}:
    what the picture shows, and whether the sentence tells it; "seed" [N], for noise; and "mask".

    shown: sentences for figures. ways: pairs of them, for pictures between two.
    """

    train: DeviceData | HostData
    valid: Mapping[str, DeviceData | HostData]
    test: Mapping[str, DeviceData | HostData]
    vocabulary: Vocabulary
    length: int
    heads: Mapping[str, int]
    shown: tuple[str, ...]
    ways: tuple[tuple[str, str], ...]
    provenance: str


def captioned_images(config: ConfigDict) -> Captioned:
    """The set that `config.data` names. Raises UserError, DataNotPrepared."""
    sets = {"scenes": scenes, "easy_vqa": shapes, "coco_captions": photographs}
    if config.data.name not in sets:
        raise UserError(f"data.name is {config.data.name!r}; it must be one of {', '.join(sets)}.")
    return sets[config.data.name](config)


def scenes(config: ConfigDict) -> Captioned:
    """Generated scenes of one object. Colours and shapes of training are never joined as in the held-out ones; a judge
    learns from all, for it is what measures.
    """
    size, evaluation = config.model.size, config.evaluation

    def batch_of(arrays, key: Key, count: int, pairs: str):
        return captioned.sample(arrays, key, count, side=size, pairs=attributes.PAIRS[pairs])

    def train(arrays, key: Key, i: Array):
        of_game, of_judge = jax.random.split(jax.random.fold_in(key, i))
        batch = batch_of(arrays, of_game, config.batch_size, "seen")
        judged = batch_of(arrays, of_judge, config.batch_size, "all")
        return {
            "image": batch["image"],
            "words": batch["words"],
            "judged": {"image": judged["image"], "attributes": judged["attributes"]},
        }

    def tested(pairs: str) -> DeviceData:
        def sample(arrays, key: Key, i: Array):
            count, of_batch = evaluation.batch_size, jax.random.fold_in(key, i)
            seeds = i * count + jnp.arange(count, dtype=jnp.uint32)
            return {**batch_of(arrays, of_batch, count, pairs), "seed": seeds, "mask": jnp.ones(count)}

        return DeviceData(sample, captioned.arrays(), -(-evaluation.examples // evaluation.batch_size))

    splits = {pairs: tested(pairs) for pairs in ("seen", "held_out")}
    return Captioned(
        train=DeviceData(train, captioned.arrays()),
        valid=splits,
        test=splits,
        vocabulary=sentences.vocabulary(),
        length=captioned.arrays()["words"].shape[-1],
        heads=attributes.COUNTS,
        shown=(
            "a large green circle in the upper left",
            "there is a small red square on the right",
            "at the bottom there is a big yellow cross",
            "a black triangle that is small in the middle",
            "a purple square",
            "a large blue square on the left",  # the last four are held out
            "a small red circle at the top",
            "in the bottom right corner there is a little green cross",
            "a large purple triangle in the centre",
        ),
        ways=(
            ("a large green circle in the upper left", "a large green circle in the lower right"),
            ("a large yellow circle in the middle", "a large blue circle in the middle"),
            ("a small red square on the right", "a large red square on the right"),
            ("a large black circle at the top", "a large black triangle at the top"),
        ),
        provenance="generated",
    )


def shapes(config: ConfigDict) -> Captioned:
    """easy-VQA; `data.held_out` of its training pictures validate."""
    held_out, size = config.data.held_out, config.evaluation.batch_size
    if config.model.size > easy_vqa.SIDE:
        raise UserError(f"easy-VQA's pictures have {easy_vqa.SIDE} pixels, and model.size is {config.model.size}.")
    everything, test = (easy_vqa.load(part, size=config.model.size) for part in ("train", "test"))
    total = len(everything["image"])
    if not 0 < held_out < total:
        raise UserError(f"data.held_out is {held_out}; it must leave some of the {total} training pictures to both.")
    train, valid = (
        {k: a[part] for k, a in everything.items()} for part in np.split(np.arange(total), [total - held_out])
    )
    table = easy_vqa.table()
    drawn = epochs(train, config.batch_size)

    def worded(key: Key, table: Array, pictures: Mapping[str, Array]) -> dict[str, Any]:
        of = {name: pictures[name] for name in easy_vqa.CLASSES}
        template = jax.random.randint(key, pictures["image"].shape[:1], 0, len(table))
        return {"image": pictures["image"], "words": table[(template, *of.values())], "attributes": of}

    def sample(arrays, key: Key, i: Array):
        batch = worded(jax.random.fold_in(key, i), arrays["table"], drawn.sample(arrays["pictures"], key, i))
        attributes = batch.pop("attributes")
        return {**batch, "judged": {"image": batch["image"], "attributes": attributes}}

    def tested(pictures: Mapping[str, np.ndarray]) -> DeviceData:
        ordered = one_pass({**pictures, "seed": np.arange(len(pictures["image"]), dtype=np.uint32)}, size)

        def sample(arrays, key: Key, i: Array):
            part = ordered.sample(arrays["pictures"], key, i)
            batch = worded(jax.random.fold_in(key, i), arrays["table"], part)
            told = {name: jnp.ones(size, bool) for name in easy_vqa.CLASSES}
            return {**batch, "told": told, "seed": part["seed"], "mask": part["mask"]}

        return DeviceData(sample, {"pictures": ordered.arrays, "table": table}, ordered.batches)

    return Captioned(
        train=DeviceData(sample, {"pictures": drawn.arrays, "table": table}),
        valid={"seen": tested(valid)},  # all pairs of colour and shape are: by these, `cpu` selects
        test={"test": tested(test)},
        vocabulary=easy_vqa.vocabulary(),
        length=table.shape[-1],
        heads=easy_vqa.COUNTS,
        shown=("a red circle", "there is a blue rectangle", "the picture shows a yellow triangle", "a black circle"),
        ways=(("a red circle", "a blue circle"), ("a green triangle", "a green rectangle")),
        provenance="easy-VQA 1.0, the pictures whose questions tell colour and shape",
    )


def photographs(config: ConfigDict) -> Captioned:
    """COCO with its captions. What its pictures show is not known by attributes: there is no judge."""
    data = config.data
    known = coco_captions.vocabulary("train", data.least)

    def examples(split: str) -> grain.MapDataset:
        return coco_captions.photographs(split, known, size=config.model.size, length=data.length)

    def tested(split: str) -> HostData:
        def dataset(seed: int) -> grain.MapDataset:
            every, size = examples(split), config.evaluation.batch_size

            def row(i: int) -> dict[str, np.ndarray]:
                example = every[i]
                own = {"image": example["image"], "words": example["words"][0]}
                return {**own, "seed": np.uint32(i), "mask": np.float32(i < len(every))}

            return grain.MapDataset.range(-(-len(every) // size) * size).map(row).batch(size)

        return HostData(dataset)

    train = examples("train")
    return Captioned(
        train=HostData(lambda seed: coco_captions.training(train, seed, config.batch_size)),
        valid={"valid": tested("val[:1000]")},
        test={"test": tested("test")},
        vocabulary=known,
        length=data.length,
        heads={},
        shown=(
            "a man riding a wave on a surfboard",
            "a large airplane flying in a blue sky",
            "a plate of food on a wooden table",
            "a group of people standing in the snow",
            "a bathroom with a white toilet and a sink",
            "a herd of sheep on a green field",
        ),
        ways=(("a beach on a sunny day", "a city street at night"), ("a yellow school bus", "a red school bus")),
        provenance=f"TFDS {coco_captions.NAME}",
    )
