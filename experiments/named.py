"""What `name` chooses in a section of a config."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ml_collections import ConfigDict

from deepx.engine.errors import UserError, nearest


def model_of(section: ConfigDict, nets: Mapping[str, tuple[Any, Callable[..., Any]]]) -> tuple[Any, Any]:
    """The module that `model.name` names, and its Config, made of the section's other settings.

    nets: by name, a module and what makes its Config. Raises UserError for an unknown name, ValueError for sizes.
    """
    settings = section.to_dict()
    name = settings.pop("name")
    if name not in nets:
        raise UserError(f"model.name is {name!r}; it must be one of {', '.join(nets)}.{nearest(name, nets)}")
    module, config_of = nets[name]
    return module, config_of(**settings)
