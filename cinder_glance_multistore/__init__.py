"""Volume types that say which Glance store their images go to.

The rooms, from the ground up (nothing imports upward):

``conf``           every option
``placement``      where bits go: places, policies, reservations
``transfer``       how bits move: sources that rewind, pipelines, writers
``vsphere``        a vCenter's datastores and files
``image_service``  the Image API as Cinder sees it: stores, uploads
``stores``         glance_store drivers and the bundled store manager
``cinder``         loaded by cinder-api and cinder-volume
``glance``         loaded by glance-api
``nova``           loaded by nova-compute
``osc``            commands of the ``openstack`` client
``sandbox``        real services on one machine, to try and to test with
``cmd``            console scripts
"""
