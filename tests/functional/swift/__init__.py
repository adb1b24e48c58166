"""A Swift to test against, real and small.

``serve``    proxy, account, container and object server in one process
``fixture``  that, for tests
"""
