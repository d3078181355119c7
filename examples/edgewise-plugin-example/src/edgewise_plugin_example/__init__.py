"""What a plug-in of edgewise looks like; docs/plugins.md of edgewise explains it."""
