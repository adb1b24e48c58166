"""Nova's compute drivers on the simulated vCenter.

``compute``  a driver, upstream's or ours, and what can be done with it
``glance``   the images they get, counted
"""
