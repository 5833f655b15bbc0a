"""The chapter's table of contents: its sections, the benchmarks of each, and every figure that can be computed.

A figure is named by the number that the chapter gives it where that is known to us, else by the number that its paper
gives it, or by what it shows. Of 9.20 and 9.22 we know that they are the training curves of plain and of residual nets;
which shows which is our reading. A figure's runs are what one would type after `./scripts/reproduce`; `{NAME}` in a
flag is the work directory of an earlier run of the same figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Own(NamedTuple):
    """What the figure's only run, or that with a name, draws of itself: figures/PATTERN of its work directory."""

    pattern: str
    run: str = ""


class Curves(NamedTuple):
    """A metric of every run, against the examples it has seen."""

    metric: str
    split: str = "train"


class Conditions(NamedTuple):
    """A metric of every run after training, against the number in the names of its conditions: METRIC/PREFIX20."""

    metric: str
    prefix: str
    axis: str


class Lesions(NamedTuple):
    """Pictures of `scripts/lesions`, with what is added to the figure's name for each."""

    parts: Mapping[str, str]


Drawing = Own | Curves | Conditions | Lesions


class Figure(NamedTuple):
    """What it shows, the runs behind it by the name that it calls them, and how they are drawn.

    smoke: flags that smoke runs need, as the nets of theirs may be too small to be drawn.
    """

    title: str
    runs: Mapping[str, str]
    drawing: Drawing
    smoke: str = ""


class Section(NamedTuple):
    """A section of the chapter: its title, the families of its benchmarks, its figures by name."""

    title: str
    families: tuple[str, ...]
    figures: Mapping[str, Figure]


def networks(task: str) -> dict[str, str]:
    """The three networks that Graves et al. compare."""
    return {
        "NTM, LSTM controller": f"ntm/{task}",
        "NTM, feed-forward controller": f"ntm/{task} --config.model.controller=feedforward",
        "LSTM alone": f"ntm/{task} --config.model.controller=none",
    }


def studied(*nets: str) -> dict[str, str]:
    """Nets of several depths under the same short training."""
    return {net: f"resnet/cifar10_{net.lower().replace('-', '')}:study" for net in nets}


BITS = Curves("bits_per_sequence")
LESIONED = {"ResNet-20": "resnet/cifar10_resnet20", "VGG": "resnet/cifar10_vgg"}
CONTEXT = {
    "L2 alone": "gan/context_encoder --config.model.adversarial=0.0",
    "L2 and adversary": "gan/context_encoder --config.evaluation.compared_with={L2 alone}",
}
SUPER = {"SRResNet": "gan/srresnet", "SRGAN": "gan/srgan --config.generator_from={SRResNet}"}

NTM = {
    "turing-machine": Figure("A Turing machine adds one: tape against time", {"": "ntm/execution"}, Own("machine")),
    "ntm-figure-3": Figure("Copy: learning curves of three networks", networks("copy"), BITS),
    "ntm-figure-4": Figure("Copy: what the NTM answers, up to six times as long", {"": "ntm/copy"}, Own("outputs")),
    "ntm-figure-5": Figure(
        "Copy: what an LSTM alone answers", {"": "ntm/copy --config.model.controller=none"}, Own("outputs")
    ),
    "ntm-figure-6": Figure("Copy: the memory in use", {"": "ntm/copy"}, Own("memory")),
    "ntm-figure-7": Figure("Repeat copy: learning curves of three networks", networks("repeat_copy"), BITS),
    "ntm-figure-8": Figure("Repeat copy: what the NTM answers", {"": "ntm/repeat_copy"}, Own("outputs")),
    "ntm-figure-9": Figure("Repeat copy: the memory in use", {"": "ntm/repeat_copy"}, Own("memory")),
    "ntm-figure-10": Figure("Recall: learning curves of three networks", networks("associative_recall"), BITS),
    "ntm-figure-11": Figure(
        "Recall: more items than in training",
        networks("associative_recall"),
        Conditions("bits_per_sequence", "items", "items in a sequence"),
    ),
    "ntm-figure-12": Figure("Recall: the memory in use", {"": "ntm/associative_recall"}, Own("memory")),
    "ntm-figure-13": Figure("N-grams: learning curves of three networks", networks("ngrams"), BITS),
    "ntm-figure-14": Figure("N-grams: predictions beside the optimal", {"": "ntm/ngrams"}, Own("predictions")),
    "ntm-figure-16": Figure("Priority sort: a sequence and its answer", {"": "ntm/priority_sort"}, Own("outputs")),
    "ntm-figure-17": Figure("Priority sort: where is written what", {"": "ntm/priority_sort"}, Own("locations")),
    "ntm-figure-18": Figure("Priority sort: learning curves of three networks", networks("priority_sort"), BITS),
}

STORIES = {
    "memn2n-figure-2": Figure(
        "Where a network looks in a story, hop after hop", {"": "babi/memn2n_pe_ls_rn"}, Own("attention")
    ),
    "memn2n-table-1": Figure("Error on each of the twenty tasks", {"": "babi/memn2n_pe_ls_rn"}, Own("errors")),
    "memnn-errors": Figure(
        "The same of a network that is told what to look at", {"": "babi/memnn_strong"}, Own("errors")
    ),
}

GAMES = {
    "gan-figure-1": Figure("The generator's density comes to the data's", {"": "gan/toy_density"}, Own("densities")),
    "gan-figure-2": Figure("Digits, and the nearest ones in training", {"": "gan/goodfellow_mnist"}, Own("neighbours")),
    "gan-figure-3": Figure("Digits between digits", {"": "gan/goodfellow_mnist"}, Own("ways")),
    "conditional-gan-digits": Figure("Digits on demand", {"": "gan/conditional_dcgan_mnist"}, Own("samples")),
    "dcgan-figure-4": Figure("Images on straight ways between noises", {"": "gan/dcgan_mnist"}, Own("ways")),
    "dcgan-figure-7": Figure("Arithmetic on noise", {"": "gan/dcgan_scenes"}, Own("arithmetic")),
    "text-to-image": Figure("Pictures from sentences", {"": "gan/text_to_image"}, Own("sentences")),
    "text-to-image-between": Figure("From one sentence to another", {"": "gan/text_to_image"}, Own("between")),
    "context-encoder": Figure("Holes, filled with and without an adversary", CONTEXT, Own("fills", "L2 and adversary")),
    "srresnet": Figure("Photographs made four times as large", {"": "gan/srresnet"}, Own("details_*")),
    "srgan": Figure("The same, by a net that went on against an adversary", SUPER, Own("details_*", "SRGAN")),
}

SENTENCES = {
    "seq2seq-figure-2": Figure("Where sentences lie", {"": "seq2seq/grammar_enfr"}, Own("vectors")),
    "seq2seq-figure-3": Figure("BLEU by the length of a sentence", {"": "seq2seq/grammar_enfr"}, Own("by_length")),
    "attention-alignments": Figure(
        "Where a translator looks (beyond the chapter)",
        {"": "seq2seq/grammar_enfr --config.model.name=attention"},
        Own("alignments"),
    ),
    "conversation-answers": Figure("Answers in four ways", {"": "seq2seq/conversation_offline"}, Own("examples")),
    "conversation-variety": Figure(
        "How often the same is said", {"": "seq2seq/conversation_offline"}, Own("commonest")
    ),
}

NETS = {
    "figure-9.20": Figure("Deeper plain nets train worse", studied("Plain-20", "Plain-56"), Curves("error")),
    "figure-9.22": Figure(
        "Deeper residual nets do not", studied("Plain-20", "Plain-56", "ResNet-20", "ResNet-56"), Curves("error")
    ),
    "figure-9.25": Figure("One block deleted, residual net and VGG", LESIONED, Lesions({"deletions": ""})),
    "figure-9.26": Figure(
        "a. several blocks deleted, b. blocks in another order",
        {"ResNet-20": LESIONED["ResNet-20"]},
        Lesions({"random_deletions": "a", "shuffles": "b"}),
        smoke="--config.model.depth=14",  # blocks that can change places
    ),
    "figure-9.27": Figure(
        "Paths, the gradient along one, and along all of a length",
        {"ResNet-20": LESIONED["ResNet-20"]},
        Lesions({"paths": ""}),
    ),
    "vqa-answers": Figure("Where a question bears on a picture", {"": "vqa/easy_vqa"}, Own("answers")),
    "vqa-kinds": Figure("Right answers by kind of question", {"": "vqa/scenes"}, Own("kinds")),
}

SECTIONS = (
    Section("9.1 Neural Turing machines", ("ntm",), NTM),
    Section("9.2 Memory networks", ("babi",), STORIES),
    Section("9.3 Generative adversarial nets", ("gan",), GAMES),
    Section("9.4 Encoder and decoder", ("seq2seq",), SENTENCES),
    Section("9.5 Deep residual nets", ("resnet", "vqa"), NETS),
)

FIGURES = {name: figure for section in SECTIONS for name, figure in section.figures.items()}

# What is said where one asks for another of the chapter's numbers.
UNKNOWN_NUMBERS = (
    "Of the chapter's own numbers we know what 9.20, 9.22 and 9.25 to 9.27 measure; the other figures of its sections "
    "have the numbers of their papers here."
)
