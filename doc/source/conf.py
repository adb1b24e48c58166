"""Sphinx configuration."""

project = 'cinder-glance-multistore'
copyright = 'OpenStack Foundation'
extensions = [
    'openstackdocstheme',
    'oslo_config.sphinxext',
]
html_theme = 'openstackdocs'
openstackdocs_repo_name = 'openstack/cinder-glance-multistore'
openstackdocs_auto_name = False
openstackdocs_auto_version = False
version = release = ''
templates_path = []
exclude_patterns = []
nitpicky = False
