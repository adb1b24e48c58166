"""Loaded by glance-api: the paste filter that tells what its stores are like.
"""
