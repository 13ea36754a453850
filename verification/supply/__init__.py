"""What the device and its tools are made of: locked components, licenses, support, vulnerabilities, SBOM."""
