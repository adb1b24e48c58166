"""Sphinx configuration of the release notes."""

project = 'cinder-glance-multistore release notes'
copyright = 'OpenStack Foundation'
extensions = ['openstackdocstheme', 'reno.sphinxext']
html_theme = 'openstackdocs'
openstackdocs_repo_name = 'openstack/cinder-glance-multistore'
openstackdocs_auto_name = False
openstackdocs_auto_version = False
version = release = ''
