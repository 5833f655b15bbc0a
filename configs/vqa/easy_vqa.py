"""Questions about pictures of one shape each (easy-VQA), by a multimodal residual net.

The net is that of Kim et al. 2016 (arXiv 1606.01455); the data, which no paper has, come with the package `easy-vqa`.

Expected: cpu, 99.6% of the test set's answers right; product 99.8%, concatenation 95.8%, question 67.0%.

    ./scripts/reproduce vqa/easy_vqa
    ./scripts/reproduce vqa/easy_vqa:question          # the question alone; so image, concatenation, product
    ./scripts/reproduce vqa/easy_vqa:one_block
    ./scripts/reproduce vqa/easy_vqa --mode=predict --image=photo.png --question="what color is the triangle?"
"""

from configs.vqa import ANSWERING, DATA, END_TO_END, SMOKE, baseline
from deepx.engine.config import variants

PAPER = {
    "benchmark": "vqa/easy_vqa",
    **ANSWERING,
    "cost": "an estimated hour on a GPU",
    "data": DATA | {"name": "easy_vqa", "size": 64, "answers": 13, "length": 26, "held_out": 400},
}

CPU = END_TO_END | {
    "cost": "5 minutes on 2 cores",
    "data.together": 4,
    "eye.widths": (16, 32, 64, 32),
    "optimizer.schedule_steps": 5000,  # 9 epochs
    "run.steps": 5000,
    "run.eval_every": 500,
    "run.checkpoint_every": 500,
}

get_config = variants(
    paper=PAPER,
    cpu=CPU,
    one_block=CPU | {"model.layers": 1},
    question=CPU | baseline("question"),
    image=CPU | baseline("image"),
    concatenation=CPU | baseline("concatenation"),
    product=CPU | baseline("product"),
    smoke=SMOKE,
)
