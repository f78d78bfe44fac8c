"""The rules, a module for each stage of the data; `catalogue` lists them all."""
