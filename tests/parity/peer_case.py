"""A case that run.py compares, and what all peers share: random weights, random inputs, saved models.

Needs torch.
"""

import dataclasses
import sys
from typing import Callable

import torch

try:
    import torchvision  # noqa: F401  transformers imports it wherever it is installed, even where it cannot load
except Exception:
    sys.modules["torchvision"] = None

SEED = 20231116
RANDOM = torch.Generator().manual_seed(SEED)


@dataclasses.dataclass
class Case:
    """One row of the table: our network against a peer's."""

    network: str  # NETWORK of `mdsearch forward`, or a patch of one
    peer: str  # Python package, or "twin"
    run: Callable  # (case, folder) -> the peer's outputs; leaves weights and inputs in the folder
    config: dict = dataclasses.field(default_factory=dict)
    layout: str = ""  # of the weights; empty: ours
    pixels: int = 0  # rows of the picture; 0: the network has none
    columns: int = 0  # of the picture; 0: as many as rows
    batch: int = 1
    patch: list = dataclasses.field(default_factory=list)  # our changes to the shipped network
    note: str = ""  # on weights that are not random or not in the peer's own layout

    @property
    def name(self):
        changed = [f"{change['path'][1:]}={change['value']}" for change in self.patch]
        wide = f"{self.columns}x" if self.columns else ""
        size = [f"{wide}{self.pixels}px"] if self.pixels else []
        batch = [f"batch {self.batch}"] if self.batch > 1 else []
        note = [self.note] if self.note else []
        return " ".join([self.network, *changed, *size, *batch, *note])

    def extent(self, factor=1):
        """Rows and columns of the picture, or of a latent a factor smaller."""
        return self.pixels // factor, (self.columns or self.pixels) // factor


def randn(*shape):
    return torch.randn(shape, generator=RANDOM)


def patches(batch, rows, columns):
    return torch.randint(0, 256, (batch, 3, rows, columns), dtype=torch.uint8, generator=RANDOM)


def randomise(module):
    """Randomises all weights, also those that libraries initialise to zero or one, so that each affects the result."""
    for name, weight in module.named_parameters():
        if weight.dim() < 2:
            is_scale = any(part in name for part in ("norm", "ln_", ".bn.", "_bn")) and name.endswith("weight")
            low, high = (0.7, 1.3) if is_scale else (-0.2, 0.2)
        else:
            table = "token_embedding" in name or "position_embedding" in name
            high = 1 if table else (weight.numel() / weight.shape[0]) ** -0.5
            low = -high
        weight.data.uniform_(low, high, generator=RANDOM)


def randomise_statistics(model):
    for name, statistic in model.named_buffers():
        if statistic.is_floating_point():
            low, high = (0.7, 1.3) if name.endswith("var") else (-0.2, 0.2)
            statistic.uniform_(low, high, generator=RANDOM)


def keep_through_relu(model):
    """Scales weights up, because otherwise activations vanish over so many layers."""
    for layer in model.modules():
        if isinstance(layer, torch.nn.Conv2d):
            layer.weight.data.mul_(6 ** 0.5)


def build(kind, *arguments, **options):
    """Makes a module without the libraries' own initialisation, which would take as long as the comparison."""
    for layer in (torch.nn.Linear, torch.nn.Conv2d, torch.nn.Embedding):
        layer.reset_parameters = lambda self: None
    module = kind(*arguments, **options).eval()
    randomise(module)
    return module


def save(module, folder):
    """Saves a model as its library does, in shards, because a single file would be assembled in memory."""
    module.save_pretrained(folder / "weights", safe_serialization=True, max_shard_size="2GB")
    return sum(weight.numel() for weight in module.parameters())


def count(*modules):
    return sum(weight.numel() for module in modules for weight in module.parameters())
