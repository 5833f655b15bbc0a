"""Questions that people asked about photographs (VQA v1, or v2), by a multimodal residual net: the paper's benchmark.

Kim, Lee, Kwak, Heo, Kim, Ha, Zhang 2016, arXiv 1606.01455, tables 1 and 2. Accuracies are VQA's own, which ten people's
answers define. Departures: the reader begins at random, not as skip-thought vectors; training is on train2014, unless
more files are given; test-standard has no public answers, so val2014 is tested.

Expected: paper, 61.84 open-ended and 66.33 by choices.

    ./scripts/convert_weights resnet152.pth resnet152.npz
    F=--config.data.files
    ./scripts/reproduce vqa/vqa_v1:paper --config.features.weights=resnet152.npz \
      $F.train.questions=MultipleChoice_mscoco_train2014_questions.json \
      $F.train.annotations=mscoco_train2014_annotations.json $F.train.images=train2014 \
      $F.test.questions=MultipleChoice_mscoco_val2014_questions.json \
      $F.test.annotations=mscoco_val2014_annotations.json $F.test.images=val2014
    ./scripts/reproduce vqa/vqa_v1:paper --mode=predict --image=photo.jpg --question="What is on the table?"
    ./scripts/reproduce vqa/vqa_v1:paper --mode=predict --questions=OpenEnded_mscoco_test-dev2015_questions.json \
      --images=test2015 --results=results.json           # what the test server reads

Files of v2 have the same form. OpenEnded files have no choices.
"""

from configs import reported
from configs.vqa import ANSWERING, FEATURES, SMOKE, baseline
from deepx.engine.config import variants

PAPER = {
    "benchmark": "vqa/vqa_v1",
    **ANSWERING,
    "cost": "an estimated day on a GPU",
    "features": FEATURES | {"weights": "resnet152.npz"},
    "reported": {
        "test_accuracy": reported(61.84, "section 5, test-standard, open-ended", "V"),
        "test_accuracy_choices": reported(66.33, "section 5, test-standard, multiple choice", "V"),
    },
}

CPU = {  # a few thousand questions of the files that are given, by features of 112 pixels
    "cost": "an estimated hour on 2 cores, and the features'",
    "data.size": 112,
    "reader.words": 128,
    "reader.cells": 256,
    "model.joint": 256,
    "optimizer.name": "adam",
    "optimizer.kicks": (),
    "optimizer.schedule_steps": 20_000,
    "run.steps": 20_000,
    "run.eval_every": 1000,
    "run.checkpoint_every": 1000,
}

get_config = variants(
    paper=PAPER,
    cpu=CPU,
    **{form: {"model.form": form} for form in ("a", "c", "d", "e")},
    one_block={"model.layers": 1},
    question=baseline("question", layers=2, joint=1000),
    product=baseline("product", layers=2, joint=1000),
    smoke=SMOKE,
)
