"""The tests; tempest finds them through the plugin."""
