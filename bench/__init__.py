"""Measurements side by side with plain upstream, as ratios.

``python -m bench`` runs all of it; ``python -m bench --help`` says what can
be chosen. Every figure is a median of runs that took turns with the runs it
is compared to, in one process, and every run's digests are compared with the
source's. Runs during which other programs took the cores are repeated, and
not counted where there are others. Absolute figures are those of the machine, its neighbours and its
page cache; ratios are what can be compared.
"""
