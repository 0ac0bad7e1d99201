"""The time loops behind :func:`snnbook.neurons.unroll`: one contract, several speeds.

A kernel takes the drive, the parameters, the initial state and the options of
:func:`snnbook.neurons.unroll`, all checked, and returns the records.
"""
