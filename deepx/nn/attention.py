"""Attention to places of a source: a share for each, and what they hold, mixed by the shares.

Scores of a place that holds m, for a decoder whose state is h:

    dot       h . m                       Luong, Pham, Manning 2015 (arXiv 1508.04025, equation 8)
    general   h . W m                     the same
    additive  v . tanh(W h + U m + b)     Bahdanau, Cho, Bengio 2015 (arXiv 1409.0473, appendix A.1.2)

What is made of m alone, its key, is computed once for a source (`keys`).

Shapes: B sources, S places, K decoders a source, N = B K decoders, those of one source in succession, C cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from deepx.nn import dense
from deepx.nn.recurrence import Product

Array = jax.Array
Params = Mapping[str, Any]

KINDS = ("dot", "general", "additive")


class Source(NamedTuple):
    """What every step attends to: memory and keys [B, S, C], whether there is a word [B, S], v [C] if additive."""

    memory: Array
    keys: Array
    there: Array
    v: Array | None


def init(key: Array, kind: str, cells: int) -> Params:
    """Parameters: none, C^2, or 2 C^2 + 2C of them."""
    if kind == "dot":
        return {}
    keys, query = (dense.init(k, cells, cells) for k in jax.random.split(key))
    if kind == "general":
        return {"keys": {"kernel": keys["kernel"]}}
    return {"keys": keys, "query": {"kernel": query["kernel"]}, "v": jnp.zeros(cells)}


def source(params: Params, memory_BSC: Array, there_BS: Array) -> Source:
    keys_BSC = dense.apply(params["keys"], memory_BSC) if params else memory_BSC
    return Source(memory_BSC, keys_BSC, there_BS, params.get("v"))


def weights(params: Params) -> Mapping[str, Any]:
    """What `attend` multiplies with, by name."""
    return {"query": params["query"]} if "query" in params else {}


def attend(product: Product, source: Source, h_NC: Array) -> tuple[Array, Array]:
    """What is read [N, C], and the shares of the places [N, S]; places without a word have none."""
    memory_BSC, keys_BSC, there_BS, v_C = source
    (B, S, C), N = memory_BSC.shape, h_NC.shape[0]
    if v_C is None:
        scores_BKS = jnp.einsum("bkc,bsc->bks", h_NC.reshape(B, -1, C), keys_BSC)
    else:
        query_BK1C = product("query", h_NC).reshape(B, -1, 1, C)
        scores_BKS = jnp.tanh(query_BK1C + keys_BSC[:, None]) @ v_C
    finite = jnp.finfo(scores_BKS.dtype).min  # -inf would make a source without words NaN
    shares_BKS = jax.nn.softmax(jnp.where(there_BS[:, None], scores_BKS, finite))
    read_BKC = jnp.einsum("bks,bsc->bkc", shares_BKS, memory_BSC)
    return read_BKC.reshape(N, C), shares_BKS.reshape(N, S)
