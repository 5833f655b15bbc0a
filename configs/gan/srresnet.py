"""SRResNet enlarges photographs four times (Ledig 2016).

Ledig, Theis, Huszar, Caballero, Cunningham, Acosta, Aitken, Tejani, Totz, Wang, Shi 2016, arXiv 1609.04802, section
2.1.1, figure 4, table 2. PSNR and SSIM are of luma, without 4 pixels at each border; small images are made bicubically,
as by MATLAB. `psnr_gain` is the distance to bicubic interpolation. The paper's SSIM is daala's; `ssim_y_wang` is that
of other papers.

Expected: paper, 32.05 dB on Set5, where bicubic interpolation has 28.43; cpu, trained on the 91 images of Yang et al.,
at least 1.5 dB above it.

    ./scripts/reproduce gan/srresnet         # on scikit-image's photographs: nothing to download
    ./scripts/reproduce gan/srresnet --config.data.train=T91 --config.data.test=Set5,Set14       # folders of pictures
    ./scripts/reproduce gan/srresnet --mode=predict --image=photo.png
"""

from configs import reported
from configs.gan import SRRESNET, SUPER_RESOLUTION, SUPER_RESOLUTION_CPU, SUPER_RESOLUTION_SMOKE
from deepx.engine.config import variants

PAPER = {
    "benchmark": "gan/srresnet",
    **SUPER_RESOLUTION,
    "cost": "days on a GPU",
    "model": SRRESNET,
    "reported": {
        "psnr_y/set5": reported(32.05, "table 2", "V"),
        "ssim_y/set5": reported(0.9019, "table 2", "V"),
        "psnr_y/set14": reported(28.49, "table 2", "V"),
        "ssim_y/set14": reported(0.8184, "table 2", "V"),
        "psnr_y/bsd100": reported(27.58, "table 2", "V"),
        "ssim_y/bsd100": reported(0.7620, "table 2", "V"),
    },
}

CPU = SUPER_RESOLUTION_CPU | {
    "cost": "an estimated 35 minutes on 2 cores",
    "optimizer.learning_rate": 4e-4,
    "optimizer.schedule": "cosine",
    "optimizer.schedule_steps": 32_000,
    "run.steps": 32_000,
    "run.eval_every": 2000,
}

get_config = variants(paper=PAPER, cpu=CPU, smoke=SUPER_RESOLUTION_SMOKE)
