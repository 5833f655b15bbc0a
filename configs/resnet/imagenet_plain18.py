"""A plain net of 18 layers on ImageNet (He 2015).

He, Zhang, Ren, Sun 2015, arXiv 1512.03385, sections 3.4 and 4.1, table 2.

Expected: paper, 27.94% top-1 error, ten crops.

    ./scripts/prepare_data imagenet2012
    ./scripts/reproduce resnet/imagenet_plain18              # cpu: generated images, to see it run
    ./scripts/reproduce resnet/imagenet_plain18:paper
"""

from configs.resnet import IMAGENET, IMAGENET_NET, IMAGENET_VARIANTS, test_error
from deepx.engine.config import variants

PAPER = IMAGENET | {
    "benchmark": "resnet/imagenet_plain18",
    "model": IMAGENET_NET | {"depth": 18, "residual": False},
    "reported": test_error(27.94, "table 2, ten crops"),
}

get_config = variants(paper=PAPER, **IMAGENET_VARIANTS)
