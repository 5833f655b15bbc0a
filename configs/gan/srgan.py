"""SRGAN enlarges photographs four times, with the textures of photographs (Ledig 2016).

Ledig, Theis, Huszar, Caballero, Cunningham, Acosta, Aitken, Tejani, Totz, Wang, Shi 2016, arXiv 1609.04802, sections 2
and 3.2, figure 4, table 2. It goes on from a trained SRResNet. Measured as `gan/srresnet` is.

Expected: paper, PSNR below SRResNet's, 29.40 dB on Set5, and pictures that look sharper; so does cpu.

    ./scripts/reproduce gan/srresnet                     # first, with the same --config.data... flags
    ./scripts/reproduce gan/srgan                        # content compared in pixels
    ./scripts/reproduce gan/srgan --config.features.run=runs/resnet/cifar10_vgg --config.features.layer=stage2_layer2
    ./scripts/reproduce gan/srgan --config.features.weights=vgg19.npz --config.features.layer=stage5_layer4
    ./scripts/reproduce gan/srgan --mode=predict --image=photo.png

The last but one takes ImageNet's VGG-19, as the paper does: vgg19.npz is what `scripts/convert_weights` makes of
torchvision's file.
"""

from configs import reported
from configs.gan import SRRESNET, SUPER_RESOLUTION, SUPER_RESOLUTION_CPU, SUPER_RESOLUTION_SMOKE
from deepx.engine.config import variants

PAPER = {
    "benchmark": "gan/srgan",
    **SUPER_RESOLUTION,
    "cost": "days on a GPU",
    "model": SRRESNET | {"name": "srgan", "disc_widths": (64, 128, 256, 512), "disc_hidden": 1024},
    "generator_from": "runs/gan/srresnet-paper",  # a run of gan/srresnet with which the generator begins
    "features": {  # in which content is compared: by `weights` or `run`; by neither, in pixels
        "weights": "vgg19.npz",  # a file of scripts/convert_weights
        "run": "",  # of resnet/cifar10_vgg
        "layer": "stage5_layer4",  # phi_5,4
        "scale": 1 / 12.75,
    },
    "adversarial": 1e-3,
    "optimizer": SUPER_RESOLUTION["optimizer"] | {"boundaries": (100_000,)},
    "run": SUPER_RESOLUTION["run"] | {"steps": 200_000},
    "reported": {
        "psnr_y/set5": reported(29.40, "table 2", "V"),
        "ssim_y/set5": reported(0.8472, "table 2", "V"),
        "psnr_y/set14": reported(26.02, "table 2", "V"),
        "ssim_y/set14": reported(0.7397, "table 2", "V"),
        "psnr_y/bsd100": reported(25.16, "table 2", "V"),
        "ssim_y/bsd100": reported(0.6688, "table 2", "V"),
    },
}

CPU = SUPER_RESOLUTION_CPU | {
    "cost": "an estimated 20 minutes on 2 cores",
    "model.disc_widths": (16, 32, 64, 128),
    "model.disc_hidden": 128,
    "generator_from": "runs/gan/srresnet",
    "features.weights": "",
    "optimizer.boundaries": (6000,),
    "run.steps": 8000,
    "run.eval_every": 500,
}

SMALL = {
    **SUPER_RESOLUTION_SMOKE,
    "model.disc_widths": (2, 3),
    "model.disc_hidden": 8,
    "generator_from": "",
    "features.weights": "",
}

get_config = variants(paper=PAPER, cpu=CPU, smoke=SMALL)
