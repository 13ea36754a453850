"""What the device and its tools are made of: locked components, licences, support, vulnerabilities, SBOM."""
