"""What tests of several rooms need."""

import torch


def seeded(seed: int = 0) -> torch.Generator:
    """Return a generator of random numbers with this seed."""
    return torch.Generator().manual_seed(seed)
