"""``multistore-sandbox demo``: the main job and bad input, shown and checked.

Everything it prints comes from services that run while it prints; every
statement is compared with what it should be.
"""
