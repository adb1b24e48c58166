"""What every driver of a store promises, as tests to inherit.

``driver``     the promises; a test class of a driver inherits them
``directory``  those, where places are directories
``faulty``     a file system whose calls fail, hang or work as told
``upstream``   the same promises, put to upstream's ``file`` driver

``python -m tests.contract`` runs them for both and prints where they differ.
"""
