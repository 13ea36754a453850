"""Then: what the device said is compared with what the scenario expects; what was observed is recorded."""
