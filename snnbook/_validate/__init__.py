"""Checks at the public boundary: an error names the argument, what was given, what is accepted."""

from snnbook._validate._numbers import (
    check_callable as check_callable,
    check_choice as check_choice,
    check_constants_are_numbers as check_constants_are_numbers,
    check_flag as check_flag,
    check_generator as check_generator,
    check_integer as check_integer,
    check_kind as check_kind,
    check_not_negative as check_not_negative,
    check_number as check_number,
    check_positive as check_positive,
    check_probability as check_probability,
    check_sequence as check_sequence,
    is_number as is_number,
)
from snnbook._validate._samples import (
    check_labels as check_labels,
    check_lengths as check_lengths,
    check_values as check_values,
)
from snnbook._validate._tensors import (
    check_batch as check_batch,
    check_finite as check_finite,
    check_float as check_float,
    check_same_device as check_same_device,
    check_same_kind as check_same_kind,
    check_shape as check_shape,
    check_tensor as check_tensor,
    check_time_first as check_time_first,
    values_at_hand as values_at_hand,
)
