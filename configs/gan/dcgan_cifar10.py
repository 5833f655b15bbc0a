"""A deep convolutional GAN on CIFAR-10, whose discriminator's features a linear SVM classifies (Radford 2015).

Radford, Metz, Chintala 2015, arXiv 1511.06434, section 5.1, table 1 (with a net that was trained on ImageNet).

Expected: paper, 82.8% accuracy of the SVM; cpu, see RESULTS.md.

    ./scripts/prepare_data cifar10
    ./scripts/reproduce gan/dcgan_cifar10
    ./scripts/reproduce gan/dcgan_cifar10:paper
"""

from configs import reported
from configs.gan import IMAGES, MINUTES, SMOKE
from deepx.engine.config import variants

PAPER = {
    "benchmark": "gan/dcgan_cifar10",
    "cost": "hours on a GPU",
    "data": {"name": "cifar10", "held_out": 5000},
    "model": {"name": "dcgan", "size": 32, "channels": 3, "noise": 100, "widths": (512, 256, 128), "kernel": 5},
    **IMAGES,
    "evaluation": IMAGES["evaluation"] | {"svm_examples": 45_000},
    "reported": {"svm_accuracy": reported(82.8, "table 1", "M")},
}

CPU = MINUTES | {
    "cost": "20 minutes on 2 cores",
    "model.widths": (128, 64, 32),
    "model.kernel": 4,
    "evaluation.svm_examples": 10_000,
    "optimizer.decay_begin": 4000,
    "optimizer.decay_steps": 4000,
    "run.steps": 8000,
    "run.eval_every": 1000,
}

SMALL = SMOKE | {"model.size": 32, "model.widths": (8, 4, 4), "evaluation.svm_examples": 20}

get_config = variants(paper=PAPER, cpu=CPU, smoke=SMALL)
