"""ResNet-152 on ImageNet (He 2015).

He, Zhang, Ren, Sun 2015, arXiv 1512.03385, sections 3.4 and 4.1, table 3.

Expected: paper, 21.43% top-1 error, ten crops.

    ./scripts/prepare_data imagenet2012
    ./scripts/reproduce resnet/imagenet_resnet152              # cpu: generated images, to see it run
    ./scripts/reproduce resnet/imagenet_resnet152:paper
"""

from configs.resnet import IMAGENET, IMAGENET_NET, IMAGENET_VARIANTS, test_error
from deepx.engine.config import variants

PAPER = IMAGENET | {
    "benchmark": "resnet/imagenet_resnet152",
    "model": IMAGENET_NET | {"depth": 152, "shortcut": "B"},
    "reported": test_error(21.43, "table 3, ten crops"),
}

get_config = variants(paper=PAPER, **IMAGENET_VARIANTS)
