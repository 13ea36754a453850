"""The data: manifests, patient-disjoint splits, checks of completeness and consistency, and exploration."""
