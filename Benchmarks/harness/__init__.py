"""What Benchmarks/run is made of: processes, scenarios, figures, report."""
