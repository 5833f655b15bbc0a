"""VGG with batch normalisation on CIFAR-10 (the net that Veit 2016 lesioned).

Zagoruyko 2015, torch.ch/blog/2015/07/30/cifar.html; Veit, Wilber, Belongie 2016, arXiv 1605.06431, section 4.1.

Expected: the blog, 7.55% test error; cpu, 20% for a narrow net after 6k steps of 64, on a copy of the images that went
through JPEG.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce resnet/cifar10_vgg              # cpu
    ./scripts/reproduce resnet/cifar10_vgg:paper
"""

from configs.resnet import CIFAR, CPU, SGD, SMOKE, test_error
from deepx.engine.config import variants

PAPER = CIFAR | {
    "benchmark": "resnet/cifar10_vgg",
    "model": {
        "name": "vgg",
        "stages": (2, 2, 3, 3, 3),
        "widths": (64, 128, 256, 512, 512),
        "hidden": (512,),
        "conv_dropout": (0.3, 0.4, 0.4, 0.4, 0.4),
        "dropout": (0.5, 0.5),
        "classes": 10,
        "norm_groups": 1,
    },
    "optimizer": SGD
    | {
        "learning_rate": 1.0,
        "boundaries": tuple(range(9775, 117_300, 9775)),  # every 25 epochs of 300
        "factor": 0.5,
        "weight_decay": 5e-4,
    },
    "run": CIFAR["run"] | {"steps": 117_320},
    "reported": test_error(7.55, "the blog's table", "M"),
}

get_config = variants(
    paper=PAPER,
    cpu=CPU
    | {
        "cost": "7 minutes on 2 cores",
        "optimizer.learning_rate": 0.1,
        "optimizer.schedule_steps": 6000,
        "run.steps": 6000,
        "model.widths": (16, 32, 64, 64, 64),
        "model.hidden": (64,),
        "model.conv_dropout": (0.0, 0.0, 0.0, 0.0, 0.0),
        "model.dropout": (0.0, 0.0),
    },
    smoke=SMOKE | {"model.stages": (1, 1, 1, 1, 2), "model.widths": (4, 4, 4, 4, 4), "model.hidden": (4,)},
)
