"""The `resource` view: its schema and what every view starts from."""
