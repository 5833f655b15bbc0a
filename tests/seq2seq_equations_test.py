"""The models of sentences against PyTorch, and against their equations in NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.sentence_models import MODELS, SOURCE, TARGET, compiled, large


def test_a_batch_of_lengths_agrees_with_packed_lstms_of_torch():
    torch = pytest.importorskip("torch")
    from torch.nn.utils.rnn import pack_padded_sequence

    model, config = MODELS["seq2seq"]
    params = large(model, config)
    tensor = lambda a: torch.tensor(np.asarray(a))  # noqa: E731

    def net(layers):
        lstm = torch.nn.LSTM(config.embedding, config.cells, config.layers)
        with torch.no_grad():
            for l, layer in enumerate(layers):
                getattr(lstm, f"weight_ih_l{l}").copy_(tensor(layer["input"]["kernel"].T))
                getattr(lstm, f"weight_hh_l{l}").copy_(tensor(layer["recurrent"]["kernel"].T))
                getattr(lstm, f"bias_ih_l{l}").copy_(tensor(layer["input"]["bias"]))
                getattr(lstm, f"bias_hh_l{l}").zero_()
        return lstm

    backwards = torch.tensor([[5, 4, 3, 2], [2, 6, 0, 0], [3, 0, 0, 0]])  # by hand
    given = torch.tensor([[1, 3, 1, 0, 0], [1, 2, 5, 4, 3], [1, 5, 4, 1, 0]])
    with torch.no_grad():
        embedded = tensor(params["encoder"]["words_VE"])[backwards]
        packed = pack_padded_sequence(embedded, [4, 2, 1], batch_first=True)
        _, states = net(params["encoder"]["layers"])(packed)
        decoder = params["decoder"]
        h, _ = net(decoder["layers"])(tensor(decoder["words_VE"])[given].swapaxes(0, 1), states)
        logits = h.swapaxes(0, 1) @ tensor(decoder["output"]["kernel"]) + tensor(decoder["output"]["bias"])
        expected = torch.log_softmax(logits, -1).gather(-1, tensor(TARGET).long()[..., None])[..., 0]
    log_p = compiled[model](config, params, SOURCE, TARGET)
    np.testing.assert_allclose(log_p, jnp.where(TARGET > 0, expected.numpy(), 0), atol=2e-5)


def advance(layers, states, x, fed):
    """The states (h, c) of layers after one more input, in numpy; `fed` enters the lowest with its own h."""
    sigmoid = lambda a: 1 / (1 + np.exp(-a))  # noqa: E731
    after = []
    for l, (layer, (h, c)) in enumerate(zip(layers, states, strict=True)):
        carried = np.concatenate([fed, h]) if l == 0 else h
        gates = x @ layer["input"]["kernel"] + layer["input"]["bias"] + carried @ layer["recurrent"]["kernel"]
        i, f, g, o = np.split(gates, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        x = sigmoid(o) * np.tanh(c)
        after.append((x, c))
    return after


def read_by_hand(encoder):
    """The states after the second source, of two words, and what the highest layer gave at each."""
    states, memory = [(np.zeros(5), np.zeros(5))] * 2, []
    for word in (2, 6):
        states = advance(encoder["layers"], states, encoder["words_VE"][word], np.zeros(0))
        memory.append(states[-1][0])
    return states, memory


@pytest.mark.parametrize("score", ["dot", "general", "additive"])
def test_attention_agrees_with_its_equations_in_numpy(score):
    """Of the second pair, whose source has two words."""
    model, config = MODELS[score]
    params = jax.tree.map(lambda a: np.asarray(a, np.float64), large(model, config))
    states, memory = read_by_hand(params["encoder"])
    decoder, said, fed = params["decoder"], [], np.zeros(5)
    a = decoder["attention"]
    for given, word in zip([1, 2, 5, 4, 3], [2, 5, 4, 3, 1], strict=True):
        states = advance(decoder["layers"], states, decoder["words_VE"][given], fed)
        h = states[-1][0]
        if score == "dot":
            e = np.array([h @ m for m in memory])
        elif score == "general":
            e = np.array([m @ a["keys"]["kernel"] @ h for m in memory])
        else:
            keys = [m @ a["keys"]["kernel"] + a["keys"]["bias"] for m in memory]
            e = np.array([a["v"] @ np.tanh(h @ a["query"]["kernel"] + key) for key in keys])
        shares = np.exp(e) / np.exp(e).sum()
        read = shares @ np.stack(memory)
        fed = np.tanh(np.concatenate([read, h]) @ decoder["combine"]["kernel"])
        logits = fed @ decoder["output"]["kernel"] + decoder["output"]["bias"]
        said.append(logits[word] - np.log(np.exp(logits).sum()))
    np.testing.assert_allclose(compiled[model](config, large(model, config), SOURCE, TARGET)[1], said, atol=1e-4)


def test_the_summary_is_before_every_step_of_the_encoder_decoder():
    """Its equations in numpy, of the second pair: c is another input of the lowest layer, and of the maxout."""
    model, config = MODELS["encoder_decoder"]
    params = jax.tree.map(lambda a: np.asarray(a, np.float64), large(model, config))
    states, (*_, c) = read_by_hand(params["encoder"])
    decoder, said = params["decoder"], []
    lowest, *others = decoder["layers"]
    seen = {**lowest["input"], "kernel": np.concatenate([lowest["input"]["kernel"], decoder["summary"]["kernel"]])}
    layers = [{**lowest, "input": seen}, *others]
    for given, word in zip([1, 2, 5, 4, 3], [2, 5, 4, 3, 1], strict=True):
        y = decoder["words_VE"][given]
        states = advance(layers, states, np.concatenate([y, c]), np.zeros(0))
        pairs = np.concatenate([states[-1][0], y]) @ decoder["O"]["kernel"] + decoder["O"]["bias"]
        s = (pairs + c @ decoder["O_c"]["kernel"]).reshape(2, 5).max(0)
        logits = s @ decoder["output"]["kernel"] + decoder["output"]["bias"]
        said.append(logits[word] - np.log(np.exp(logits).sum()))
    np.testing.assert_allclose(compiled[model](config, large(model, config), SOURCE, TARGET)[1], said, atol=1e-4)
