"""Measured quality: held-out people, scores and reports."""
