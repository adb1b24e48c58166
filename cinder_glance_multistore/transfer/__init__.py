"""How bits move: sources that know their size and rewind.

Imports nothing of any service.
"""
