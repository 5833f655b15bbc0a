"""Questions about pictures of solids (CLEVR), by a multimodal residual net.

The net is that of Kim et al. 2016 (arXiv 1606.01455); the data those of Johnson et al. 2017 (arXiv 1612.06890), whose
validation set is tested, as its test set has no answers. No paper has this net on these data.

    ./scripts/prepare_data clevr:3.1.0
    ./scripts/reproduce vqa/clevr:paper --config.features.weights=resnet152.npz    # of scripts/convert_weights
    ./scripts/reproduce vqa/clevr                                                  # cpu: learns to see, 64 pixels
"""

from configs.vqa import ANSWERING, DATA, END_TO_END, FEATURES, SMOKE, baseline
from deepx.engine.config import variants

PAPER = {
    "benchmark": "vqa/clevr",
    **ANSWERING,
    "cost": "an estimated day on a GPU",
    "data": DATA | {"name": "clevr", "answers": 28, "length": 43, "held_out": 5000, "memory": "host"},
    "features": FEATURES | {"weights": "resnet152.npz"},
}

CPU = END_TO_END | {
    "cost": "an estimated hour on 2 cores",
    "data.size": 64,
    "data.together": 8,
    "eye.widths": (16, 32, 64, 64),
    "optimizer.schedule_steps": 30_000,
    "run.steps": 30_000,
    "run.eval_every": 5000,
    "run.checkpoint_every": 1000,
}

get_config = variants(paper=PAPER, cpu=CPU, question=CPU | baseline("question"), smoke=SMOKE)
