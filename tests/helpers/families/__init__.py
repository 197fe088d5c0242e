"""Rows of each family of layers; `helpers.rows.all_rows` collects them."""
