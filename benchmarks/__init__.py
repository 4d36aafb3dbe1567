"""Measurements: each script starts what it measures, beside a bare reference in the same run; none asserts a time."""
