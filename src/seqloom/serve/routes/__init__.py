"""What can be asked, one API a file: each has `routes(house, settings)`, and `problem`, its words for a refusal."""
