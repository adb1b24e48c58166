"""Our part of Nova: loaded by nova-compute, on vSphere.

Upstream starts an instance on the datastore with the most free space, and
downloads its image there once more. Here an instance starts where its image
already lies.

``loading``     how nova-compute finds the driver
``driver``      Nova's VMware driver, with our operations
``vmops``       starting instances: what is done on which datastore
``imagecache``  Nova's image cache manager, which asks who links to a base
``upstream``    every function of Nova's that is overridden or relied on
``chooser``     which datastore (pure; the placement engine's order)
``need``        how many bytes an instance takes
``known``       which datastore is believed to hold which image
``datastores``  the datastores of the cluster, as vCenter says
``held``        bytes of datastores promised to spawns under way
``locations``   which of Glance's image locations can be believed
``links``       which cached bases disks are linked to

``chooser``, ``need``, ``known``, ``loading`` and ``upstream`` import nothing
of Nova.
"""
