"""The parts of a data set: encoded, and cut once more for a choice of settings."""

import pytest
import torch

from snnbook import data


def test_validation_cuts_the_training_samples_alone():
    split = data.digits()
    part = split.validation()
    assert [len(one) for one in part] == [1120, 1120, 280, 280]
    assert torch.equal(torch.cat([part.train_inputs, part.test_inputs]), split.train_inputs)
    assert torch.equal(torch.cat([part.train_labels, part.test_labels]), split.train_labels)


def test_validation_of_spikes_cuts_the_same_samples():
    split = data.digits()
    spikes = split.encoded(lambda images: data.latency_code(images, steps=6))
    assert spikes.train_inputs.shape == (6, 1400, 64)
    first, then = spikes.validation(0.25), split.validation(0.25)
    assert torch.equal(first.test_inputs, data.latency_code(then.test_inputs, steps=6))
    assert torch.equal(first.train_labels, then.train_labels)


def test_encoded_keeps_the_labels():
    split = data.digits()
    found = split.encoded(torch.ceil)
    assert found.train_labels is split.train_labels and found.test_labels is split.test_labels
    assert torch.equal(found.test_inputs, split.test_inputs.ceil())


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 1.5, 1e-6])
def test_an_empty_part_is_refused(share):
    with pytest.raises(ValueError, match=f"share is {share} of 1400 training samples"):
        data.digits().validation(share)
