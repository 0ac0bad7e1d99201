"""Data sets: published arrays bit for bit, geometry, counts, determinism, clear errors."""

import hashlib
import math
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import seeded
from hypothesis import given, settings, strategies as st

from snnbook.data import Split, digits, randman, random_patterns, yin_yang
from snnbook.data._synthetic import _manifold_times

many = settings(deadline=None, derandomize=True, max_examples=25)

# SHA-256 of the bytes of the arrays published with the Yin-Yang data set (features, labels).
PUBLISHED = {
    "train": (
        5000,
        42,
        "f5a4054d56f2a058f8250fba7ff9720458e1625db7af78a295e45701745b2228",
        "534d12acda4f9dbc7208a99d3646115a4aa7d74ca31d6d23f822079a568559b7",
    ),
    "validation": (
        1000,
        41,
        "5eac358bdf2122763dce3703a79f3005e56e46a4db25ec329a07333d0f7b8093",
        "5a4c2f605814a620f514c1091f10441ce562cd81e902ce701b3cf94ae7576f7d",
    ),
    "test": (
        1000,
        40,
        "7bab3ed668ed4992679cff6339fe21bfe7d0c921ddc6187eaa3bc6ef34b888d7",
        "daa0f8f4e3b37b1ddec2afee22f09afb768f0e575f3f568e7469f1ebc6af73c1",
    ),
}
DIGITS_TEST_LABELS = "2c95853da74136722f31a07f442d60664bf66900998cded8f254a16a6a597c8e"


def checksum(tensor):
    array = tensor.numpy()
    little_endian = array.astype(array.dtype.newbyteorder("<"))
    return hashlib.sha256(little_endian.tobytes()).hexdigest()


class TestYinYang:
    @pytest.mark.parametrize("part", PUBLISHED)
    def test_checksum_of_the_published_arrays(self, part):
        samples, seed, features_sum, labels_sum = PUBLISHED[part]
        features, labels = yin_yang(samples, seed)
        assert checksum(features) == features_sum
        assert checksum(labels) == labels_sum

    @pytest.mark.parametrize("part", PUBLISHED)
    def test_equals_the_published_files(self, part):
        folder = os.environ.get("SNNBOOK_DATA")
        if not folder:
            pytest.skip("SNNBOOK_DATA is not set: it names a folder with yin_yang/*.npy")
        folder = Path(folder) / "yin_yang"
        features, labels = yin_yang(*PUBLISHED[part][:2])
        assert np.array_equal(features.numpy(), np.load(folder / f"{part}_samples.npy"))
        assert np.array_equal(labels.numpy(), np.load(folder / f"{part}_labels.npy"))

    @many
    @given(st.integers(0, 2**32 - 1), st.floats(0.2, 2), st.floats(0.05, 0.45))
    def test_geometry(self, seed, r_big, share):
        """Classes by an independent construction: circles in coordinates around the center."""
        r_small = share * r_big
        features, labels = yin_yang(60, seed, r_small, r_big)
        across, up = (features[:, 0] - r_big).numpy(), (features[:, 1] - r_big).numpy()
        assert (np.hypot(across, up) <= r_big * (1 + 1e-12)).all()
        left = np.hypot(across + r_big / 2, up)
        right = np.hypot(across - r_big / 2, up)
        # Start from the upper half, add the left head, take away the right head, set the dots.
        expected = (up > 0).astype(int)
        expected[left <= r_big / 2] = 1
        expected[right <= r_big / 2] = 0
        expected[np.minimum(left, right) < r_small] = 2
        assert np.array_equal(labels.numpy(), expected)

    def test_features_mirror_each_other(self):
        features, _ = yin_yang(200, seed=1)
        assert torch.equal(features[:, 2:], 1 - features[:, :2])
        assert features.min() >= 0 and features.max() <= 1

    def test_classes_are_balanced(self):
        _, labels = yin_yang(5000)
        assert (labels.bincount(minlength=3) / 5000 - 1 / 3).abs().max() < 0.025

    def test_same_seed_same_points_whatever_the_global_state(self):
        np.random.seed(3)  # noqa: NPY002
        first = yin_yang(50, seed=5)
        np.random.seed(4)  # noqa: NPY002
        second = yin_yang(50, seed=5)
        assert all(torch.equal(a, b) for a, b in zip(first, second))
        assert not torch.equal(first[0], yin_yang(50, seed=6)[0])

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"samples": 0}, "samples is 0"),
            ({"seed": -1}, "seed is -1"),
            ({"seed": 2**32}, "seed is 4294967296; at most"),
            ({"r_big": 0.0}, "r_big is 0.0"),
            ({"r_small": -0.1}, "r_small is -0.1"),
            ({"r_small": 0.25}, "r_small is 0.25; a radius below"),
        ],
    )
    def test_refuses(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            yin_yang(**arguments)


class TestDigits:
    def test_shapes_types_and_ranges(self):
        split = digits()
        assert isinstance(split, Split)
        assert split.train_inputs.shape == (1400, 64) and split.test_inputs.shape == (397, 64)
        assert split.train_inputs.dtype == torch.float32
        assert split.train_labels.dtype == torch.int64
        assert split.train_inputs.min() == 0 and split.train_inputs.max() == 1
        assert torch.equal(split.test_inputs * 16, (split.test_inputs * 16).round())

    @pytest.mark.parametrize("test_size", [1, 10, 397, 1000, 1796])
    def test_stratified_to_within_one_image(self, test_size):
        split = digits(test_size)
        in_test = split.test_labels.bincount(minlength=10)
        total = in_test + split.train_labels.bincount(minlength=10)
        assert len(split.test_labels) == test_size and total.sum() == 1797
        assert (in_test - total * test_size / 1797).abs().max() < 1

    def test_every_image_once(self):
        from sklearn.datasets import load_digits

        split = digits(seed=3)
        ours = torch.cat([split.train_inputs, split.test_inputs]).numpy() * 16
        ours = np.column_stack([ours, torch.cat([split.train_labels, split.test_labels])])
        images, labels = load_digits(return_X_y=True)
        theirs = np.column_stack([images, labels])
        assert np.array_equal(ours[np.lexsort(ours.T)], theirs[np.lexsort(theirs.T)])

    def test_the_split_is_fixed(self):
        """The checksum makes a change of the split visible: published accuracies rest on it."""
        assert checksum(digits().test_labels) == DIGITS_TEST_LABELS

    def test_seeds_give_different_splits(self):
        assert all(torch.equal(a, b) for a, b in zip(digits(seed=1), digits(seed=1)))
        assert not torch.equal(digits(seed=1).test_inputs, digits(seed=2).test_inputs)

    @pytest.mark.parametrize("test_size", [0, 1797, 0.25])
    def test_refuses_a_size_out_of_range(self, test_size):
        with pytest.raises(ValueError, match="test_size is"):
            digits(test_size)

    def test_refuses_a_negative_seed(self):
        with pytest.raises(ValueError, match="seed is -1"):
            digits(seed=-1)


class TestRandomPatterns:
    def test_defaults(self):
        spikes, labels = random_patterns(generator=seeded())
        assert spikes.shape == (200, 256, 100) and spikes.dtype == torch.float32
        assert labels.shape == (256,) and labels.dtype == torch.int64
        assert set(spikes.unique().tolist()) == {0.0, 1.0}

    def test_rate(self):
        spikes, _ = random_patterns(rate=20.0, generator=seeded())
        p, count = 20.0 * 1e-3, spikes.numel()
        assert abs(spikes.sum().item() - p * count) < 5 * math.sqrt(p * (1 - p) * count)

    def test_labels_cover_the_classes(self):
        _, labels = random_patterns(400, 2, 1, classes=4, generator=seeded())
        assert (labels.bincount(minlength=4) - 100).abs().max() < 5 * math.sqrt(400 * 3 / 16)

    def test_same_seed_same_task(self):
        first = random_patterns(8, 20, 5, generator=seeded(1))
        second = random_patterns(8, 20, 5, generator=seeded(1))
        assert all(torch.equal(a, b) for a, b in zip(first, second))

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"samples": 0}, "samples is 0"),
            ({"classes": 1}, "classes is 1"),
            ({"rate": 0.0}, "rate is 0.0"),
            ({"rate": 5000.0}, "rate = 5000.0 Hz .* 5 spikes per step"),
            ({"dt": -1.0}, "dt is -1.0"),
        ],
    )
    def test_refuses(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            random_patterns(**arguments, generator=seeded())

    def test_refuses_no_generator(self):
        with pytest.raises(TypeError, match="generator is a NoneType"):
            random_patterns(generator=None)


def spike_steps(spikes):
    """Return the step of the only spike of each unit, shape (n, N)."""
    assert (spikes.sum(0) == 1).all()
    return spikes.argmax(0)


class TestRandman:
    @many
    @given(
        seed=st.integers(0, 2**32),
        classes=st.integers(2, 4),
        units=st.integers(1, 5),
        samples=st.integers(2, 8),
        dim=st.integers(1, 3),
        alpha=st.floats(1.5, 4),
        count=st.integers(1, 4),
        spare=st.integers(0, 20),
    )
    def test_every_unit_spikes_equally_often(
        self, seed, classes, units, samples, dim, alpha, count, spare
    ):
        spikes, labels = randman(
            classes, units, samples, dim, alpha, count + spare, count, generator=seeded(seed)
        )
        assert spikes.shape == (count + spare, classes * samples, units)
        assert set(spikes.unique().tolist()) <= {0.0, 1.0}
        assert (spikes.sum(0) == count).all()
        assert labels.bincount(minlength=classes).tolist() == [samples] * classes

    def test_times_follow_the_formula(self):
        """The same draws, put through the formula term by term."""
        units, samples, dim, alpha = 3, 6, 2, 2.0
        times = _manifold_times(units, samples, dim, alpha, 1, seeded(4))[0].numpy()
        draws, double = seeded(4), {"dtype": torch.float64}
        x = torch.rand((samples, dim), generator=draws, **double).numpy()
        a, b, c = torch.rand((3, dim, 32, units), generator=draws, **double).numpy()
        f = np.ones((samples, units))
        for d in range(dim):
            total = np.zeros((samples, units))
            for k in range(1, 33):
                phase = k * np.outer(x[:, d], b[d, k - 1]) + c[d, k - 1]
                total += a[d, k - 1] / k**alpha * np.sin(2 * np.pi * phase)
            f *= total
        expected = (f - f.min(0)) / (f.max(0) - f.min(0))
        np.testing.assert_allclose(times, expected, atol=1e-9)

    def test_each_unit_uses_the_whole_duration_in_each_class(self):
        spikes, labels = randman(3, 5, 50, steps=40, generator=seeded())
        for label in range(3):
            steps = spike_steps(spikes[:, labels == label])
            assert (steps.amin(0) == 0).all() and (steps.amax(0) == 39).all()

    def test_manifolds_are_one_dimensional(self):
        """Close points have close times: nearest neighbors nearly agree, random pairs do not."""
        spikes, labels = randman(2, 10, 400, alpha=3.0, steps=200, generator=seeded())
        times = spike_steps(spikes[:, labels == 0]).double()
        distance = torch.cdist(times, times)
        typical = distance.mean()
        distance.fill_diagonal_(math.inf)
        assert distance.amin(1).mean() < 0.1 * typical

    def test_manifolds_differ_by_class(self):
        """Nearest neighbors in spike time tell the classes apart; the spike counts cannot."""
        spikes, labels = randman(2, 10, 200, steps=200, generator=seeded())
        times = spike_steps(spikes).double()
        distance = torch.cdist(times, times).fill_diagonal_(math.inf)
        assert (labels[distance.argmin(1)] == labels).double().mean() > 0.95

    def test_lower_alpha_is_rougher(self):
        def spread(alpha):
            spikes, labels = randman(2, 20, 300, alpha=alpha, steps=200, generator=seeded())
            times = spike_steps(spikes[:, labels == 0]).double()
            return torch.cdist(times, times).fill_diagonal_(math.inf).amin(1).mean()

        assert spread(1.0) > 2 * spread(3.0)

    def test_samples_come_in_random_order(self):
        _, labels = randman(2, 2, 50, generator=seeded())
        assert 20 < (labels.diff() != 0).sum() < 80

    def test_same_seed_same_samples(self):
        first = randman(2, 5, 20, generator=seeded(1))
        assert all(torch.equal(a, b) for a, b in zip(first, randman(2, 5, 20, generator=seeded(1))))
        assert not torch.equal(first[0], randman(2, 5, 20, generator=seeded(2))[0])

    def test_very_rough_manifolds_stay_finite(self):
        spikes, _ = randman(2, 2, 3, alpha=1e-4, generator=seeded())
        assert (spikes.sum(0) == 1).all()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"classes": 1}, "classes is 1"),
            ({"units": 0}, "units is 0"),
            ({"samples_per_class": 1}, "samples_per_class is 1"),
            ({"dim": 0}, "dim is 0"),
            ({"alpha": 0.0}, "alpha is 0.0"),
            ({"spikes_per_unit": 0}, "spikes_per_unit is 0"),
            ({"steps": 2, "spikes_per_unit": 3}, "steps is 2; a whole number of at least 3"),
        ],
    )
    def test_refuses(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            randman(**arguments, generator=seeded())

    def test_refuses_a_seed_instead_of_a_generator(self):
        with pytest.raises(TypeError, match="generator is a int"):
            randman(generator=1)
