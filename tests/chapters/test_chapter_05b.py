"""What chapter 5b says of the gradient that is none."""

import torch
from helpers import seeded

from snnbook.laboratory import closed_loop, sigmoid_network_gradient, sign_errors


def test_loops_and_signs():
    axes, _ = torch.linalg.qr(torch.randn(5, 2, generator=seeded(2), dtype=torch.float64))
    place = torch.zeros(5, dtype=torch.float64), axes[:, 0], axes[:, 1]
    for back, closes in ((20.0, True), (5.0, False)):
        loop = closed_loop(
            lambda w, back=back: sigmoid_network_gradient(w, slope=20.0, surrogate_slope=back),
            *place,
            radius=1.8,
        )
        assert (abs(loop.total) < 1e-10) is closes
    many = 4 * torch.rand(4000, 5, generator=seeded(0), dtype=torch.float64) - 2
    assert 0.1 < sign_errors(many, 5.0, 1.0).by_weight["w"] < 0.16
