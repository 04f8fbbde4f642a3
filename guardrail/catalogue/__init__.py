"""The product's own tables: accelerators, kinds, instance types, regions, zones, taggable types."""
