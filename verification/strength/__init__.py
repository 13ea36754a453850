"""How strong a link is: small faults put into code, and whether its scenarios notice; knows no figure."""
