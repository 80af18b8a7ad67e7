"""The only place that wires services to adapters: one module per process, so that each holds no more than it needs."""
