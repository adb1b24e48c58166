"""A vCenter to test against.

``vcsimd``     the program, in Go, over the simulator of govmomi
``genwsdl``    writes the WSDL that clients ask a vCenter for
``build``      builds both, once for each version of their sources
``simulator``  a running one, and what it can be told
``fixture``    that, for tests

``python -m tests.functional.vcenter`` starts one by hand.
"""
