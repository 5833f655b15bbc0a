"""Questions about generated scenes, which compare, count and relate, by a multimodal residual net. No download.

The net is that of Kim et al. 2016 (arXiv 1606.01455).

Expected: cpu, 68.3% right, 9 points above concatenation with as many layers and four times the parameters.

    ./scripts/reproduce vqa/scenes
    ./scripts/reproduce vqa/scenes:concatenation       # so question, image, product
    ./scripts/reproduce vqa/scenes:one_block
    ./scripts/reproduce vqa/scenes:b                   # the paper's other blocks: b, c, d, e; none: no shortcuts
"""

from configs.vqa import ANSWERING, DATA, END_TO_END, SMOKE, baseline
from deepx.engine.config import variants

PAPER = {
    "benchmark": "vqa/scenes",
    **ANSWERING,
    "cost": "an estimated hour on a GPU",
    "data": DATA | {"name": "scenes", "size": 64, "scenes": 20_000, "per_scene": 8, "held_out": 1000},
}

CPU = END_TO_END | {
    "cost": "15 minutes on one core, three seeds",
    "data.size": 48,
    "data.scenes": 20_000,
    "data.together": 8,
    "reader.cells": 64,
    "model.form": "a",  # the eye, which learns too, is the image's other layer
    "model.joint": 128,
    "batch_size": 128,
    "eye.widths": (16, 32, 64, 64),
    "optimizer.schedule_steps": 10_000,
    "run.replicas": 3,
    "run.steps": 10_000,
    "run.eval_every": 1000,
    "run.checkpoint_every": 500,
}

get_config = variants(
    paper=PAPER,
    cpu=CPU,
    **{form: CPU | {"model.form": form} for form in ("b", "c", "d", "e", "none")},
    one_block=CPU | {"model.layers": 1},
    question=CPU | baseline("question", joint=128),
    image=CPU | baseline("image", joint=128),
    concatenation=CPU | baseline("concatenation", layers=3, joint=640),  # four times as many parameters
    product=CPU | baseline("product", layers=2, joint=512),
    smoke=SMOKE,
)
