"""Results to the page that a reviewer opens: one HTML file with tables, plots and the change of circuits.yaml."""
