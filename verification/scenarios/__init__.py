"""What ran: the scenarios driven against the device and recorded step by step; judges no requirement."""
